// Command gen builds the list of common passwords that package password
// embeds. See ../data/README.md for the source of its input.
//
// Usage: gen passwords.json common.txt.gz
//
// The input is a JSON array of passwords. The output has those of eight
// characters and more, and variants of words that suggest themselves to users
// of this product, lower-case, sorted, one a line.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

const minLength = 8

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: gen passwords.json common.txt.gz")
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(in, out string) error {
	raw, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	var corpus []string
	if err := json.Unmarshal(raw, &corpus); err != nil {
		return err
	}
	list := map[string]bool{}
	for _, pw := range slices.Concat(corpus, contextual(), patterns()) {
		pw = strings.TrimSpace(strings.ToLower(pw))
		if utf8.RuneCountInString(pw) >= minLength && !strings.Contains(pw, "\n") {
			list[pw] = true
		}
	}
	var zipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return err
	}
	for _, pw := range slices.Sorted(maps.Keys(list)) {
		fmt.Fprintln(w, pw)
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(out, zipped.Bytes(), 0o644)
}

// contextual returns words of this product and of sign-up forms with the
// endings that people add to satisfy a rule.
func contextual() []string {
	words := strings.Fields(`gatehouse cvat annotation annotations annotate annotator labeling labelling labeler
		dataset datasets imagenet computervision segmentation polygon boundingbox opencv
		password passwort passw0rd p@ssword p@ssw0rd pa$$word pa55word motdepasse contrasena parola
		admin administrator root superuser user username login guest tester testing test123 demo
		welcome letmein changeme secret default qwerty qwertyuiop iloveyou football company
		spring summer autumn winter january february march april august september october november december`)
	endings := strings.Fields("1 12 123 1234 12345 123456 12345678 ! 1! 12! 123! 1234! @1 @12 @123 @1234 #1 _1 00 01 007 99 !! abc")
	for year := 2015; year <= 2032; year++ {
		y := fmt.Sprint(year)
		endings = append(endings, y, y+"!", "@"+y)
	}
	all := slices.Clone(words)
	for _, w := range words {
		all = append(all, w+w)
		for _, e := range endings {
			all = append(all, w+e)
		}
	}
	return all
}

// patterns returns single characters repeated, and runs along the alphabet,
// the digits and the rows of a keyboard.
func patterns() []string {
	var all []string
	for c := ' ' + 1; c <= '~'; c++ {
		for n := minLength; n <= 20; n++ {
			all = append(all, strings.Repeat(string(c), n))
		}
	}
	for _, row := range []string{"abcdefghijklmnopqrstuvwxyz", "12345678901234567890", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm"} {
		for n := minLength; n <= len(row); n++ {
			all = append(all, row[:n])
		}
	}
	return all
}
