// Package compile makes the tables of package policy out of folders of Rego.
//
// It owns what rules must be like: what they may look at, and how. Ids may only be
// compared with each other and with null, so that a decision depends on which are
// equal and never on what they are. Then it evaluates the rules once for every
// combination of answers to what they ask. It alone links Rego, and only for this.
//
// The way of a folder: parse → check → classes → cells → diagram.
package compile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"gatehouse/internal/policy"
)

// Load compiles the rules in dir.
func Load(dir string) (*policy.Table, error) {
	if _, err := os.ReadDir(dir); err != nil {
		return nil, err
	}
	b, err := Dir(context.Background(), os.DirFS(dir), nil)
	if err != nil {
		return nil, Within(dir, err)
	}
	return policy.Load(b)
}

// Within puts the name of a folder before those of the files in an error of Dir.
func Within(dir string, err error) error {
	var list Errors
	if !errors.As(err, &list) {
		return err
	}
	list = slices.Clone(list)
	for i := range list {
		if list[i].File == "" {
			list[i].File = dir
			continue
		}
		list[i].File = filepath.Join(dir, list[i].File)
	}
	return list
}

// Dir compiles the rules in a folder to what policy.Load reads. The same rules give
// the same bytes. The error is of type Errors if it is about the rules. Progress,
// which may be nil, is told how far it is.
func Dir(ctx context.Context, folder fs.FS, progress func(done, total int)) ([]byte, error) {
	modules, err := parse(folder)
	if err != nil {
		return nil, err
	}
	b, err := build(modules)
	if err != nil {
		return nil, err
	}
	work, err := b.work(ctx)
	if err != nil {
		return nil, err
	}
	if err := b.evaluate(ctx, work, progress); err != nil {
		return nil, err
	}
	src := &policy.Source{}
	for _, p := range b.packages {
		sp, err := p.source()
		if err != nil {
			return nil, err
		}
		src.Packages = append(src.Packages, sp)
	}
	return src.Bytes(), nil
}
