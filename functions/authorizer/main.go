// Command authorizer says whose credential a request has, before the function that serves it.
package main

import (
	"gatehouse/internal/app"
	"gatehouse/internal/awsrun"
)

func main() { awsrun.Start(app.Authorizer) }
