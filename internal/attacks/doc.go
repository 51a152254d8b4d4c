// Package attacks is the list of attacks that the product must withstand, and the
// check that each of them has a test.
//
// The groups of testdata/<group>.txt have one line a case:
//
//	id ⇥ attack and safe outcome ⇥ tags ⇥ tests [⇥ not yet: domain, reason]
//	id ⇥ attack and safe outcome ⇥ tags ⇥ not yet: domain, reason
//
// Tests are named by package, below internal, and function: jwt.TestF1_AlgorithmNone.
// A function that tests a case says so in its name, and keeps the tags of the case
// there without their dashes: TestC2_KC18963_NoOtherWay. One function may test
// several: TestE1_E4_EveryChangeNeedsTheToken. Tags are the advisories of products
// that fell to the attack. A case of which a part waits for a domain that is not
// there has both tests and a fifth column.
//
// The check fails if a case is missing, a test of the list is not there or skips
// unconditionally, a name does not keep its ids and tags, or a test that carries an
// id is not in the list. GATEHOUSE_ATTACKS=all, and CI, also want the list of every
// group.
//
// The package has only tests.
package attacks
