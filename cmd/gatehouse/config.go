package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"gatehouse/internal/config"
)

// settingFlags are the settings that are flags as well.
func settingFlags(fs *flag.FlagSet) func() map[string]string {
	names := map[string]string{"listen": "GATEHOUSE_LISTEN", "data": "GATEHOUSE_DATA", "store": "GATEHOUSE_STORE"}
	fs.String("listen", "", "address to listen on (GATEHOUSE_LISTEN)")
	fs.String("data", "", "folder of the embedded store (GATEHOUSE_DATA)")
	fs.String("store", "", "sqlite or dynamodb:<table> (GATEHOUSE_STORE)")
	fs.Bool("production", false, "refuse what is for laptops only (GATEHOUSE_PRODUCTION)")
	return func() map[string]string {
		out := map[string]string{}
		fs.Visit(func(f *flag.Flag) {
			if name, ok := names[f.Name]; ok {
				out[name] = f.Value.String()
			}
			if f.Name == "production" {
				out["GATEHOUSE_PRODUCTION"] = f.Value.String()
			}
		})
		return out
	}
}

func showConfig(_ context.Context, io streams, args []string) error {
	fs := flag.NewFlagSet("gatehouse config", flag.ContinueOnError)
	flags := settingFlags(fs)
	if err := parse(fs, io, args, 0); err != nil {
		return err
	}
	c, err := config.Read(os.LookupEnv, flags())
	w := tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "SETTING\tVALUE\tFROM\tWHAT")
	for _, v := range c.Values() {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", v.Name, short(v.Value), v.From, v.Help)
	}
	w.Flush()
	return err
}

func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 60 {
		s = s[:57] + "..."
	}
	return s
}
