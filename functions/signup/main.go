// Command signup makes accounts: registration and confirmation of the address.
package main

import (
	"gatehouse/internal/app"
	"gatehouse/internal/awsrun"
)

func main() { awsrun.Start(app.Signup) }
