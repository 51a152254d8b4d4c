// Command outbox sends the mails that are due and notes bounces.
package main

import (
	"gatehouse/internal/app"
	"gatehouse/internal/awsrun"
)

func main() { awsrun.Start(app.Outbox, awsrun.WithSES) }
