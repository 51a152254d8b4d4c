// Command sweep does what is due by the clock: key rotation and erasure.
package main

import (
	"gatehouse/internal/app"
	"gatehouse/internal/awsrun"
)

func main() { awsrun.Start(app.Sweep) }
