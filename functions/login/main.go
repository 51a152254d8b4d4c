// Command login checks passwords, signs access tokens and serves the keys to verify them.
package main

import (
	"gatehouse/internal/app"
	"gatehouse/internal/awsrun"
)

func main() { awsrun.Start(app.Login) }
