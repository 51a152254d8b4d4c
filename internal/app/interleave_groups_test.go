package app_test

import "slices"

// together are sets of three that race for one thing: the attacks H1 to H12 of those
// who do things at once, and what people work on while it moves.
var together = [][3]string{
	{"register", "register, same name", "register, same address"},      // H1
	{"confirm", "confirm, same address", "register, invited"},          // H2
	{"accept", "accept", "remove the invited"},                         // H3
	{"invite", "invite somebody else", "withdraw"},                     // H4
	{"invite", "accept", "remove"},                                     // H4
	{"raise", "remove, by the maintainer", "leave"},                    // H5
	{"accept", "raise the invited", "withdraw"},                        // H5
	{"take over", "withdraw the offer", "delete"},                      // H6
	{"take over", "remove the maintainer", "owner's account ends"},     // H6
	{"take over", "administrator makes an owner", "delete"},            // H6
	{"reset", "change password", "sign in"},                            // H7
	{"reset", "reset", "change address"},                               // H7
	{"refresh", "refresh", "sign out, bearer"},                         // H8
	{"refresh", "sign out, bearer", "end others"},                      // H8
	{"accept", "withdraw", "resend"},                                   // H9
	{"account ends", "accept the rival's", "remove"},                   // H11
	{"outsider's account ends", "found", "outsider is renamed"},        // H11
	{"rename oneself", "outsider is renamed", "register, wanted name"}, // H12
	{"take the outsider's name", "outsider is renamed", "rename oneself"},
	{"move the project home", "make a task in the project", "assign the job"},
	{"move the project home", "delete the project", "delete"},
	{"move the lone task home", "put the lone task into the project", "delete the project"},
	{"move the project to the rival", "remove", "assign the project"},
}

// dying are pairs of them that are also played with one process that dies on the way.
var dying = [][2]string{
	{"register", "register, same name"},
	{"confirm", "confirm, same address"},
	{"accept", "accept"},
	{"invite", "invite somebody else"},
	{"accept", "raise the invited"},
	{"raise", "remove, by the maintainer"},
	{"take over", "withdraw the offer"},
	{"take over", "delete"},
	{"take over", "administrator makes an owner"},
	{"reset", "change password"},
	{"refresh", "sign out, bearer"},
	{"accept", "withdraw"},
	{"accept", "invited's account ends"},
	{"found", "outsider's account ends"},
	{"rename oneself", "outsider is renamed"},
	{"move the project home", "make a task in the project"},
	{"move the project home", "delete the project"},
	{"move the lone task home", "put the lone task into the project"},
}

// crashName begins the names of matches with a crash.
const crashName = "with a crash: "

// named is an operation of the scene.
func (s *scene) named(name string) operation {
	n := slices.IndexFunc(s.all, func(o operation) bool { return o.name == name })
	if n < 0 {
		s.Fatalf("there is no operation %q", name)
	}
	return s.all[n]
}

func (s *scene) triples() (all []match) {
	for _, names := range together {
		all = append(all, match{ops: []operation{s.named(names[0]), s.named(names[1]), s.named(names[2])}})
	}
	return all
}

// crashing are those of dying that make at most some calls together.
func (s *scene) crashing(pairs []pair, most int64) (all []match) {
	for _, names := range dying {
		for _, p := range pairs {
			a, b := p.ops[0].name, p.ops[1].name
			if (a == names[0] && b == names[1] || a == names[1] && b == names[0]) && p.calls[0]+p.calls[1] <= most {
				all = append(all, match{ops: p.ops, crashes: true})
			}
		}
	}
	return all
}
