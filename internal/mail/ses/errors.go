package ses

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"gatehouse/internal/mail"
)

// explain sorts an answer of SES into final and worth another try, in words for
// an operator. The error keeps neither SES's own error nor any address: its text
// is stored and logged.
func explain(err error) error {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		// A timeout or a lost connection. The mail may have been accepted.
		return fmt.Errorf("ses: no answer: %s", redact(err.Error()))
	}
	code, text := api.ErrorCode(), redact(api.ErrorMessage())
	switch code {
	case (*types.MessageRejected)(nil).ErrorCode():
		if strings.Contains(strings.ToLower(text), "not verified") {
			return fmt.Errorf("ses: the sender is not a verified identity, or the account is still in the SES sandbox: %s", text)
		}
		return fmt.Errorf("%w: ses: %s", mail.ErrRejected, text)
	case (*types.BadRequestException)(nil).ErrorCode():
		if aboutRecipient(text) {
			return fmt.Errorf("%w: ses: %s", mail.ErrRejected, text)
		}
		return fmt.Errorf("ses: the request was not understood: %s", text)
	case (*types.SendingPausedException)(nil).ErrorCode():
		return fmt.Errorf("ses: sending is paused for the account or the configuration set; resume it in the SES console: %s", text)
	case (*types.AccountSuspendedException)(nil).ErrorCode():
		return fmt.Errorf("ses: the account may not send any more; write to AWS support: %s", text)
	case (*types.MailFromDomainNotVerifiedException)(nil).ErrorCode():
		return fmt.Errorf("ses: the custom MAIL FROM domain is not verified; check its MX record: %s", text)
	case (*types.NotFoundException)(nil).ErrorCode():
		return fmt.Errorf("ses: the configuration set does not exist in this region: %s", text)
	case (*types.TooManyRequestsException)(nil).ErrorCode(), (*types.LimitExceededException)(nil).ErrorCode():
		return fmt.Errorf("ses: over the sending rate or quota: %s", text)
	}
	return fmt.Errorf("ses: %s: %s", code, text)
}

// aboutRecipient reports whether a bad request was bad because of the address.
// SES says so in words only, such as "Illegal address", "Domain contains illegal
// character", "Local address contains control or whitespace" or "Address is on
// the suppression list".
func aboutRecipient(text string) bool {
	text = strings.ToLower(text)
	for _, sender := range []string{"from address", "fromemailaddress", "from email address", "sender", "reply"} {
		if strings.Contains(text, sender) {
			return false
		}
	}
	for _, word := range []string{"address", "domain", "recipient", "user name is missing", "suppress"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// redact hides what may be a mail address.
func redact(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		if strings.Contains(w, "@") {
			words[i] = "[address]"
		}
	}
	return strings.Join(words, " ")
}
