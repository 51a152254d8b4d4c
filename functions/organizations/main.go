// Command organizations serves organizations and who is in them.
package main

import (
	"gatehouse/internal/app"
	"gatehouse/internal/awsrun"
)

func main() { awsrun.Start(app.Organizations) }
