// Command permissions answers who may do what.
package main

import (
	"gatehouse/internal/app"
	"gatehouse/internal/awsrun"
)

func main() { awsrun.Start(app.Permissions) }
