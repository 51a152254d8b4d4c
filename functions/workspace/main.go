// Command workspace serves what people work on.
package main

import (
	"gatehouse/internal/app"
	"gatehouse/internal/awsrun"
)

func main() { awsrun.Start(app.Workspace) }
