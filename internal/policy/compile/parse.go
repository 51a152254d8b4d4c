package compile

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"gatehouse/internal/policy"
)

// Extension ends the names of files with rules, and TestExtension those of files
// with tests of rules.
const (
	Extension     = ".rego"
	TestExtension = "_test.rego"
)

// parse reads the rules of a folder, in the order of the names of its files.
func parse(folder fs.FS) ([]*ast.Module, error) {
	names, err := fs.Glob(folder, "*"+Extension)
	if err != nil {
		return nil, err
	}
	var modules []*ast.Module
	var errs Errors
	for _, name := range names {
		if strings.HasSuffix(name, TestExtension) {
			continue
		}
		b, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		m, err := ast.ParseModuleWithOpts(path.Base(name), string(b), ast.ParserOptions{ProcessAnnotation: true})
		if err != nil {
			list, ok := translated(err).(Errors)
			if !ok {
				return nil, err
			}
			errs = append(errs, list...)
			continue
		}
		modules = append(modules, m)
	}
	if err := errs.or(); err != nil {
		return nil, err
	}
	return modules, complete(modules)
}

// complete refuses a folder that lacks a package: nothing in it would be allowed,
// which nobody who writes rules means.
func complete(modules []*ast.Module) error {
	have := map[string]bool{}
	for _, m := range modules {
		have[packageName(m)] = true
	}
	missing := slices.DeleteFunc(policy.Required(), func(name string) bool { return have[name] })
	var errs Errors
	for _, name := range missing {
		errs.add(nil, "no file has the package %s, which is required", name)
	}
	return errs.or()
}

// packageName is the name of a module's package, without the "data".
func packageName(m *ast.Module) string {
	return strings.TrimPrefix(m.Package.Path.String(), "data.")
}
