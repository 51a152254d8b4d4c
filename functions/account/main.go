// Command account serves what somebody who has signed in does with accounts.
package main

import (
	"gatehouse/internal/app"
	"gatehouse/internal/awsrun"
)

func main() { awsrun.Start(app.Account) }
