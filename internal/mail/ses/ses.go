// Package ses carries mails with Amazon SES, over the SendEmail call of its
// version 2 interface, and reads what SES reports about them later.
//
// Messages go as structured content, never as raw MIME: no header and no
// recipient can come into being from the text of a message. SES has no
// idempotency key, so a call whose answer was lost is an error to retry, and the
// message may arrive twice. The outbox repeats; the client does not.
package ses

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"gatehouse/internal/mail"
)

// TagName is the message tag that names the delivery in SES's events.
const TagName = "gatehouse-id"

const charset = "UTF-8"

// API is the part of the SES client that a Sender uses.
type API interface {
	SendEmail(ctx context.Context, in *sesv2.SendEmailInput, opts ...func(*sesv2.Options)) (*sesv2.SendEmailOutput, error)
}

// Sender is a mail.Sender. It is safe for concurrent use.
type Sender struct {
	client API
	set    string
}

var _ mail.Sender = (*Sender)(nil)

// New makes a sender that sends under a configuration set, whose events end up
// at ParseEvent; "" is none, and then nothing is reported.
func New(client API, configurationSet string) *Sender {
	return &Sender{client, configurationSet}
}

// Send hands a message to SES and answers with the id that SES gave it. The
// error is mail.ErrRejected when SES refuses the message or its address for
// good; every other error is worth another try, and its text, which holds no
// address, says what an operator has to do if there is something.
func (s *Sender) Send(ctx context.Context, m mail.Message) (string, error) {
	if !mail.OneAddress(m.To) {
		return "", fmt.Errorf("%w: the recipient is not one address", mail.ErrRejected)
	}
	out, err := s.client.SendEmail(ctx, s.input(m))
	if err != nil {
		return "", explain(err)
	}
	return aws.ToString(out.MessageId), nil
}

func (s *Sender) input(m mail.Message) *sesv2.SendEmailInput {
	in := &sesv2.SendEmailInput{
		FromEmailAddress: aws.String(m.From),
		Destination:      &types.Destination{ToAddresses: []string{m.To}},
		EmailTags:        []types.MessageTag{{Name: aws.String(TagName), Value: aws.String(m.Tag)}},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: content(m.Subject),
			Body:    &types.Body{Text: content(m.Text), Html: content(m.HTML)},
			Headers: []types.MessageHeader{
				// RFC 3834: vacation responders do not answer.
				{Name: aws.String("Auto-Submitted"), Value: aws.String("auto-generated")},
				// Keeps mail programs from folding equal subjects into one thread.
				{Name: aws.String("X-Entity-Ref-ID"), Value: aws.String(m.ID)},
			},
		}},
	}
	if s.set != "" {
		in.ConfigurationSetName = aws.String(s.set)
	}
	return in
}

func content(s string) *types.Content {
	return &types.Content{Data: aws.String(s), Charset: aws.String(charset)}
}
