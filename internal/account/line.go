package account

import (
	"context"

	"gatehouse/internal/fault"
)

// inLine takes a place in the line for password hashes, before anything is read or
// written: whoever is refused for want of one has lost no attempt, and has cost next
// to nothing. With the context that it returns no hash of the request is refused any
// more. The caller must call leave at its end.
func (s *Service) inLine(ctx context.Context) (admitted context.Context, leave func(), err error) {
	admitted, leave, err = s.Hasher.Admit(ctx)
	if err != nil {
		return nil, nil, fault.Unavailable(err)
	}
	return admitted, leave, nil
}
