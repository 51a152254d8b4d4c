package ses

import (
	"encoding/json"
	"fmt"
	"strings"

	"gatehouse/internal/mail"
)

// event is the part that counts of an event of SES on EventBridge: the detail is
// a record of event publishing.
// https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
type event struct {
	Source string `json:"source"`
	Detail struct {
		EventType string `json:"eventType"`
		Mail      struct {
			Tags map[string][]string `json:"tags"`
		} `json:"mail"`
		Bounce struct {
			Type       string `json:"bounceType"`
			SubType    string `json:"bounceSubType"`
			Recipients []struct {
				Status     string `json:"status"`
				Diagnostic string `json:"diagnosticCode"`
			} `json:"bouncedRecipients"`
		} `json:"bounce"`
		Complaint struct {
			SubType  string `json:"complaintSubType"`
			Feedback string `json:"complaintFeedbackType"`
		} `json:"complaint"`
	} `json:"detail"`
}

// ParseEvent reads an event that EventBridge delivers, such as "Email Bounced" or
// "Email Complaint Received". ok is false for everything that says nothing new
// about a delivery of ours: other kinds of events, bounces that SES does not
// consider permanent (it goes on trying), feedback that a mail was no spam, and
// mails without our tag. An error means that this is no event at all.
//
// Whether the event is genuine was decided before: only SES puts events with its
// source on the account's bus, and only a rule of the account invokes the function.
func ParseEvent(payload []byte) (r mail.Report, ok bool, err error) {
	var e event
	if err := json.Unmarshal(payload, &e); err != nil {
		return r, false, fmt.Errorf("ses: event: %w", err)
	}
	if e.Source == "" {
		return r, false, fmt.Errorf("ses: event without a source")
	}
	tags := e.Detail.Mail.Tags[TagName]
	if e.Source != "aws.ses" || len(tags) != 1 {
		return r, false, nil
	}
	if _, _, ok := mail.ParseTag(tags[0]); !ok {
		return r, false, nil
	}
	d := e.Detail
	switch {
	case d.EventType == "Bounce" && d.Bounce.Type == "Permanent":
		cause := []string{d.Bounce.Type + "/" + d.Bounce.SubType}
		for _, to := range d.Bounce.Recipients {
			cause = append(cause, to.Status, redact(to.Diagnostic))
		}
		return mail.Report{Tag: tags[0], State: mail.Bounced, Cause: strings.TrimSpace(strings.Join(cause, " "))}, true, nil
	case d.EventType == "Complaint" && d.Complaint.Feedback != "not-spam":
		cause := strings.TrimSpace(d.Complaint.Feedback + " " + d.Complaint.SubType)
		return mail.Report{Tag: tags[0], State: mail.Complained, Cause: cause}, true, nil
	}
	return mail.Report{}, false, nil
}
