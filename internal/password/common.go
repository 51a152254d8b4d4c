package password

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

// commonGzip holds the common passwords, lower-case, sorted, one a line. See
// data/README.md for where they come from.
//
//go:embed data/common.txt.gz
var commonGzip []byte

// commonList is unpacked on first use: most processes that start never see a
// new password.
var commonList = sync.OnceValue(func() []string {
	text, err := unpack(commonGzip)
	if err != nil {
		// The list is part of the program, so this is a broken build.
		panic(fmt.Sprintf("password: embedded list: %v", err))
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
})

func unpack(zipped []byte) (string, error) {
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), err
}

// isCommon ignores case and outer whitespace, which add nothing to a password
// that everybody tries first.
func isCommon(pw string) bool {
	_, found := slices.BinarySearch(commonList(), strings.TrimSpace(strings.ToLower(pw)))
	return found
}
