package ses

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/mail"
	"gatehouse/internal/mail/ses/sestest"
)

func environment(url string) func(string) string {
	return func(name string) string {
		return map[string]string{
			"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
			"AWS_SESSION_TOKEN": "session", "AWS_ENDPOINT_URL_SESV2": url,
		}[name]
	}
}

func sender(t *testing.T, url string) *Sender {
	t.Helper()
	c, err := NewClient(environment(url))
	if err != nil {
		t.Fatal(err)
	}
	return New(c, "gatehouse-prod")
}

func message() mail.Message {
	return mail.Message{
		ID: "3k9x", Tag: mail.Tag(1795419642996, "3k9x"), Kind: mail.KindReset,
		From: "Gatehouse <no-reply@gatehouse.example>", To: "ada@example.org",
		Subject: "[Gatehäuschen] Choose a new password", Text: "Grüße\r\n.\r\nBcc: x", HTML: "<p>Grüße</p>",
	}
}

func TestK1_Send(t *testing.T) {
	server := sestest.Start(t)
	m := message()
	id, err := sender(t, server.URL).Send(t.Context(), m)
	if err != nil || id != "0100-1" {
		t.Fatalf("%q, %v", id, err)
	}
	e := server.Accepted()[0]
	if e.FromEmailAddress != m.From || !slices.Equal(e.Destination.ToAddresses, []string{m.To}) ||
		len(e.Destination.CcAddresses)+len(e.Destination.BccAddresses) != 0 || e.ConfigurationSetName != "gatehouse-prod" {
		t.Errorf("addressed as %+v", e)
	}
	if !slices.Equal(e.EmailTags, []sestest.Pair{{Name: TagName, Value: m.Tag}}) {
		t.Errorf("tags %v", e.EmailTags)
	}
	c := e.Content.Simple
	if c == nil || e.Content.Raw != nil || e.Content.Template != nil {
		t.Fatalf("content %+v", e.Content)
	}
	utf8 := func(s string) sestest.Text { return sestest.Text{Data: s, Charset: "UTF-8"} }
	if c.Subject != utf8(m.Subject) || c.Body.Text != utf8(m.Text) || c.Body.Html != utf8(m.HTML) {
		t.Errorf("content %+v", c)
	}
	if !slices.Equal(c.Headers, []sestest.Pair{{Name: "Auto-Submitted", Value: "auto-generated"}, {Name: "X-Entity-Ref-ID", Value: "3k9x"}}) {
		t.Errorf("headers %v", c.Headers)
	}
}

func TestK2_ASVS1_3_11_OneRecipient(t *testing.T) {
	server := sestest.Start(t)
	for _, to := range []string{"", "a@example.org,b@example.org", "A <a@example.org>", "a@example.org\r\nBcc: b@example.org", "a@example.org b@example.org"} {
		m := message()
		m.To = to
		if _, err := sender(t, server.URL).Send(t.Context(), m); !errors.Is(err, mail.ErrRejected) {
			t.Errorf("%q: %v", to, err)
		}
	}
	if server.Calls() != 0 {
		t.Errorf("%d calls", server.Calls())
	}
}

func TestFailures(t *testing.T) {
	const who = " for ada@example.org"
	for name, c := range map[string]struct {
		failure  sestest.Failure
		rejected bool
		text     string
	}{
		"rejected":          {sestest.Failure{Status: 400, Code: "MessageRejected", Text: "Invalid content" + who}, true, "Invalid content for [address]"},
		"sandbox":           {sestest.Failure{Status: 400, Code: "MessageRejected", Text: "Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: ada@example.org"}, false, "still in the SES sandbox"},
		"illegal address":   {sestest.Failure{Status: 400, Code: "BadRequestException", Text: "Illegal address"}, true, "Illegal address"},
		"illegal domain":    {sestest.Failure{Status: 400, Code: "BadRequestException", Text: "Domain contains illegal character"}, true, "Domain"},
		"suppressed":        {sestest.Failure{Status: 400, Code: "BadRequestException", Text: "ada@example.org is on the suppression list"}, true, "[address] is on"},
		"our own address":   {sestest.Failure{Status: 400, Code: "BadRequestException", Text: "FromEmailAddress: illegal address"}, false, "not understood"},
		"our own mistake":   {sestest.Failure{Status: 400, Code: "BadRequestException", Text: "Unknown tag"}, false, "not understood"},
		"throttled":         {sestest.Failure{Status: 429, Code: "TooManyRequestsException", Text: "Maximum sending rate exceeded."}, false, "sending rate"},
		"throttled by name": {sestest.Failure{Status: 400, Code: "ThrottlingException", Text: "Rate exceeded"}, false, "ThrottlingException"},
		"daily quota":       {sestest.Failure{Status: 400, Code: "LimitExceededException", Text: "Daily quota"}, false, "quota"},
		"paused":            {sestest.Failure{Status: 400, Code: "SendingPausedException", Text: "x"}, false, "sending is paused"},
		"suspended":         {sestest.Failure{Status: 400, Code: "AccountSuspendedException", Text: "x"}, false, "may not send"},
		"mail from":         {sestest.Failure{Status: 400, Code: "MailFromDomainNotVerifiedException", Text: "x"}, false, "MAIL FROM domain is not verified"},
		"no set":            {sestest.Failure{Status: 404, Code: "NotFoundException", Text: "x"}, false, "configuration set does not exist"},
		"server error":      {sestest.Failure{Status: 500, Code: "InternalServiceErrorException", Text: "x"}, false, "InternalServiceErrorException"},
		"not allowed":       {sestest.Failure{Status: 403, Code: "AccessDeniedException", Text: "User is not authorized to perform: ses:SendEmail"}, false, "not authorized"},
	} {
		t.Run(name, func(t *testing.T) {
			server := sestest.Start(t)
			server.Fail(c.failure)
			_, err := sender(t, server.URL).Send(t.Context(), message())
			if err == nil || errors.Is(err, mail.ErrRejected) != c.rejected || !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "ada@") {
				t.Errorf("error %v", err)
			}
			if server.Calls() != 1 {
				t.Errorf("%d calls; the outbox repeats, not the client", server.Calls())
			}
			server.Fail(sestest.Failure{})
			if _, err := sender(t, server.URL).Send(t.Context(), message()); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func retryable(t *testing.T, err error) {
	t.Helper()
	if err == nil || errors.Is(err, mail.ErrRejected) || !strings.Contains(err.Error(), "no answer") {
		t.Errorf("error %v", err)
	}
}

func TestAnswerLost(t *testing.T) {
	server := sestest.Start(t)
	server.Fail(sestest.Failure{Drop: true})
	_, err := sender(t, server.URL).Send(t.Context(), message())
	retryable(t, err)
	if len(server.Accepted()) != 1 || server.Calls() != 1 {
		t.Errorf("%d mails accepted in %d calls", len(server.Accepted()), server.Calls())
	}
}

func TestSlow(t *testing.T) {
	server := sestest.Start(t)
	server.Fail(sestest.Failure{Delay: time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := sender(t, server.URL).Send(ctx, message())
	retryable(t, err)
}

// A caller without a deadline is held up no longer than the client's own.
func TestSlowWithoutDeadline(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 5 s")
	}
	t.Parallel()
	server := sestest.Start(t)
	server.Fail(sestest.Failure{Delay: time.Minute})
	start := time.Now()
	_, err := sender(t, server.URL).Send(t.Context(), message())
	retryable(t, err)
	if d := time.Since(start); d < totalTimeout || d > totalTimeout+3*time.Second {
		t.Errorf("took %v", d)
	}
}

func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	_, err = sender(t, "http://"+address).Send(t.Context(), message())
	retryable(t, err)
}

func TestClientNeedsItsEnvironment(t *testing.T) {
	if _, err := NewClient(func(string) string { return "" }); err == nil {
		t.Error("made without a region")
	}
	server := sestest.Start(t)
	c, err := NewClient(func(name string) string {
		return map[string]string{"AWS_DEFAULT_REGION": "eu-central-1", "AWS_ENDPOINT_URL_SESV2": server.URL}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(c, "").Send(t.Context(), message())
	if err == nil || errors.Is(err, mail.ErrRejected) || server.Calls() != 0 || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") {
		t.Errorf("without credentials: %v", err)
	}
}
