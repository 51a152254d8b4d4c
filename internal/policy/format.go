package policy

import "encoding/binary"

// magic begins a table, and changes with its form and with the numbers of Code.
const magic = "gatehouse policy 2\n"

// Source is a table before it is written.
type Source struct{ Packages []SourcePackage }

// SourcePackage is one package of a Source. A leaf of a diagram is 0 for no, or
// one more than the place in Titles or Plans.
type SourcePackage struct {
	Name      string
	Questions []Question
	Titles    []string
	Plans     []string
	Scopes    []SourceScope // of the token layer: named "package/scope"
	Filter    uint16
	Nodes     []uint16 // see Table; children come before their parents
}

// SourceScope is a scope and where its diagram begins.
type SourceScope struct {
	Name string
	Root uint16
}

// Bytes is what Load reads.
func (s *Source) Bytes() []byte {
	b := appendCount([]byte(magic), len(s.Packages))
	for i := range s.Packages {
		p := &s.Packages[i]
		b = appendString(b, p.Name)
		b = appendCount(b, len(p.Questions))
		for _, q := range p.Questions {
			b = append(b, byte(q.Op), byte(q.A), byte(q.B))
		}
		b = appendStrings(appendStrings(b, p.Titles), p.Plans)
		b = appendCount(b, len(p.Scopes))
		for _, s := range p.Scopes {
			b = binary.LittleEndian.AppendUint16(appendString(b, s.Name), s.Root)
		}
		b = binary.LittleEndian.AppendUint16(b, p.Filter)
		b = appendCount(b, 2*len(p.Nodes))
		for _, n := range p.Nodes {
			b = binary.LittleEndian.AppendUint16(b, n)
		}
	}
	return b
}

func appendCount(b []byte, n int) []byte { return binary.AppendUvarint(b, uint64(n)) }

func appendString(b []byte, s string) []byte { return append(appendCount(b, len(s)), s...) }

func appendStrings(b []byte, list []string) []byte {
	b = appendCount(b, len(list))
	for _, s := range list {
		b = appendString(b, s)
	}
	return b
}
