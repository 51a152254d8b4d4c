package jwt

import (
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/hex"
	"math/big"
	"testing"
)

func TestUsableRSA(t *testing.T) {
	modulus := func(bits uint) *big.Int {
		n := new(big.Int).Lsh(big.NewInt(1), bits-1)
		return n.SetBit(n, 0, 1)
	}
	for _, test := range []struct {
		n    *big.Int
		e    int
		want bool
	}{
		{modulus(2048), 65537, true},
		{modulus(8192), 65537, true},
		{modulus(2048), 1<<31 - 1, true},
		{modulus(2047), 65537, false},
		{modulus(8193), 65537, false},
		{new(big.Int).Lsh(big.NewInt(1), 2047), 65537, false}, // even
		{modulus(2048), 3, false},
		{modulus(2048), 65535, false},
		{modulus(2048), 65538, false},
		{modulus(2048), 1<<31 + 1, false},
		{modulus(2048), -65537, false},
		{new(big.Int), 65537, false},
	} {
		if got := usableRSA(&rsa.PublicKey{N: test.n, E: test.e}); got != test.want {
			t.Errorf("%d bits, e=%d: %v", test.n.BitLen(), test.e, got)
		}
	}
}

// TestSmallOrderPoints shows that each refused point is one for which a signature
// can be made without a private key: with S zero and R neutral, a message fits as
// soon as the order of the point divides its hash.
func TestSmallOrderPoints(t *testing.T) {
	signature := make([]byte, ed25519.SignatureSize)
	signature[0] = 1
	for _, y := range []string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	} {
		point, err := hex.DecodeString(y)
		if err != nil {
			t.Fatal(err)
		}
		forged := false
		for i := range 1000 {
			forged = forged || ed25519.Verify(point, []byte{byte(i), byte(i >> 8)}, signature)
		}
		if !forged {
			t.Errorf("%s is not of small order", y)
		}
		for _, sign := range []byte{0, 0x80} {
			p := append(ed25519.PublicKey(nil), point...)
			p[31] ^= sign
			if usableEd25519(p) {
				t.Errorf("%x is usable", p)
			}
		}
	}
	if usableEd25519(nil) || usableEd25519(make([]byte, 33)) {
		t.Error("wrong length is usable")
	}
}
