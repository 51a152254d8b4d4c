// Command invitations serves invitations into organizations.
package main

import (
	"gatehouse/internal/app"
	"gatehouse/internal/awsrun"
)

func main() { awsrun.Start(app.Invitations) }
