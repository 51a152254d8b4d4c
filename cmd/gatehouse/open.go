package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gatehouse/internal/app"
	"gatehouse/internal/config"
	"gatehouse/internal/mail/mailbox"
	"gatehouse/internal/mail/ses"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
	"gatehouse/internal/store/dynamo"
	"gatehouse/internal/store/sqlite"
)

// installation is an opened store with all that works on it.
type installation struct {
	parts *app.Parts
	box   *mailbox.Box // nil if mails really go out
	lite  *sqlite.DB   // nil on DynamoDB
}

// open opens what the settings name. create says whether a missing store may be
// made.
func open(c *config.Config, log *slog.Logger, create bool) (*installation, error) {
	keys, err := rootKeys(c, create)
	if err != nil {
		return nil, err
	}
	in := &installation{}
	var d store.Driver
	if table, ok := strings.CutPrefix(c.Store, "dynamodb:"); ok {
		client, err := dynamo.Client(os.Getenv, nil)
		if err != nil {
			return nil, err
		}
		d = dynamo.New(client, table)
	} else {
		path := filepath.Join(c.Data, "gatehouse.db")
		if _, err := os.Stat(path); !create && errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("GATEHOUSE_DATA is %q: there is no store in it; start `gatehouse serve --data %s` once, or name the right folder", c.Data, c.Data)
		}
		if in.lite, err = sqlite.Open(path); err != nil {
			return nil, fmt.Errorf("GATEHOUSE_DATA is %q: %w", c.Data, err)
		}
		d = in.lite
	}
	in.parts = &app.Parts{Config: c, Table: store.New(d, time.Now), Secrets: secret.Static(keys), Hasher: app.Hasher(c), Log: log}
	if c.Mail == "ses" {
		client, err := ses.NewClient(os.Getenv)
		if err != nil {
			return nil, err
		}
		in.parts.Sender = ses.New(client, c.SESConfigSet)
	} else {
		in.box = mailbox.New(in.parts.Table)
		in.parts.Sender = in.box
	}
	return in, nil
}

func (in *installation) close() {
	if in.lite != nil {
		in.lite.Close()
	}
}

// rootKeys reads the root secret; on a laptop it is made at the first start.
func rootKeys(c *config.Config, create bool) (*secret.Keys, error) {
	path, isFile := strings.CutPrefix(c.RootKey, "file:")
	if c.RootKey != "" && !isFile {
		return nil, fmt.Errorf("GATEHOUSE_ROOT_KEY is %q: on this machine expected file:<path>", c.RootKey)
	}
	if c.RootKey == "" {
		path = filepath.Join(c.Data, "root.key")
		if create {
			if err := os.MkdirAll(c.Data, 0o700); err != nil {
				return nil, fmt.Errorf("GATEHOUSE_DATA is %q: %w", c.Data, err)
			}
			if err := makeRoot(path); err != nil {
				return nil, err
			}
		}
	}
	f, err := os.Open(path)
	if err != nil && isFile {
		return nil, fmt.Errorf("GATEHOUSE_ROOT_KEY is %q: %w", c.RootKey, err)
	}
	if err != nil {
		return nil, fmt.Errorf("root secret: %w", err)
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("root secret %s has mode %04o: others can read it; expected 0600", path, st.Mode().Perm())
	}
	b, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return nil, fmt.Errorf("root secret %s: %w", path, err)
	}
	k, err := secret.Parse(secret.Text(b))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}

// makeRoot writes a new root secret unless there is one. It appears whole or not
// at all, because a link of a finished file fails if the name is taken.
func makeRoot(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".root-*")
	if err != nil {
		return fmt.Errorf("root secret: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(secret.Generate("k1").Reveal() + "\n")
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return fmt.Errorf("root secret: %w", err)
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("root secret: %w", err)
	}
	return nil
}
