package workspace

import (
	"context"
	"encoding/json"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/store"
)

// placeForm is a Place as clients send it.
type placeForm struct {
	Location string
	Cloud    *int64
}

// readPlace reads one; names in another case are not known, as everywhere.
func readPlace(raw json.RawMessage) (f placeForm, ok bool) {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil || m == nil {
		return f, false
	}
	for name, to := range map[string]any{"location": &f.Location, "cloud_storage_id": &f.Cloud} {
		if v, sent := m[name]; sent && json.Unmarshal(v, to) != nil {
			return f, false
		}
	}
	return f, true
}

// place takes up where data comes from or goes to. A cloud storage must be one of the
// same workspace, and the caller must see it.
func (e *edit) place(ctx context.Context, field string, p *Place, sent api.Opt[json.RawMessage]) error {
	if !sent.Set || e.bad.Has(field) {
		return nil
	}
	is := Place{}
	if !sent.Null {
		f, ok := readPlace(sent.Value)
		if !ok {
			e.bad.Add(field, `Expected an object such as {"location": "cloud_storage", "cloud_storage_id": 5}.`)
			return nil
		}
		switch {
		case f.Location != "" && f.Location != "local" && f.Location != "cloud_storage":
			e.bad.Add(field, `"`+clip(f.Location)+`" is not a valid choice of a location.`)
			return nil
		case f.Location == "cloud_storage" && f.Cloud == nil:
			e.bad.Add(field, "A cloud storage needs its cloud_storage_id.")
			return nil
		case f.Cloud != nil && f.Location == "cloud_storage":
			is.Cloud = *f.Cloud
		}
		is.ID = p.ID
		if is.ID == 0 {
			is.ID = store.NewID(api.From(ctx).Now)
		}
	}
	if *p == is {
		return nil
	}
	if is.Cloud != 0 && is.Cloud != p.Cloud {
		ok, err := e.usable(ctx, is.Cloud)
		if err != nil {
			return err
		}
		if !ok {
			e.bad.Add(field, unknown(is.Cloud))
			return nil
		}
	}
	e.noteID(field, p.Cloud, is.Cloud)
	if p.Cloud == is.Cloud {
		e.note(field, placeText(*p), placeText(is))
	}
	*p = is
	return nil
}

func placeText(p Place) string {
	if p.ID == 0 {
		return ""
	}
	return "local"
}

// usable reports whether a cloud storage is of the same workspace and the caller may
// see it. It must stay so until the change is written.
func (e *edit) usable(ctx context.Context, id int64) (bool, error) {
	c, err := e.s.scene(ctx, e.rows, e.who.UID, clouds, id)
	if err != nil || !c.there() || c.View.ID != e.View.ID {
		return false, err
	}
	if err := e.s.judge(ctx, e.who, &c, "view"); err != nil {
		if s := fault.Of(err).Status; s != 403 && s != 404 {
			return false, err
		}
		return false, nil
	}
	e.checks = append(e.checks, store.Check(c.row.Key, c.row.At()))
	return true, nil
}
