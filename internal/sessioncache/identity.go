package sessioncache

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// tag is a Tag under a key of this process.
type tag = Tag

// keys are those of this process. They are never stored, and what is kept is worth nothing
// without them and the credential.
type keys struct{ find, seal, name []byte }

func newKeys() keys {
	secret := func() []byte {
		b := make([]byte, sha256.Size)
		_, _ = rand.Read(b) // never fails
		return b
	}
	return keys{find: secret(), seal: secret(), name: secret()}
}

// sum is an HMAC-SHA256. Its state is not used again: it holds the end of what was
// written.
func sum(key []byte, text []byte) (t tag) {
	mac := hmac.New(sha256.New, key)
	mac.Write(text)
	mac.Sum(t[:0])
	return t
}

// What a tag stands for. The same text in two places is two things.
const (
	ofToken  = "token:"
	ofCookie = "cookie:"
	ofUser   = "user:"
)

// tag is that of a credential or a user.
func (k *keys) tag(of, value string) tag { return sum(k.name, []byte(of+value)) }

// identity is one caller's question.
type identity struct {
	// key is of all by which the upstream may decide.
	key tag
	// seal opens what is kept for the question.
	seal tag
}

// perCall are the headers that tell calls apart, and decide nothing.
var perCall = []string{"X-Request-Id", "Traceparent", "Tracestate"}

// identify makes the identity of a check. Every text goes in with its length before it, so
// that no two questions read alike.
func (k *keys) identify(method, token string, header http.Header) identity {
	size := len(method) + len(token) + 2*binary.MaxVarintLen64
	for name, values := range header {
		size += len(name) + binary.MaxVarintLen64
		for _, value := range values {
			size += len(value) + binary.MaxVarintLen64
		}
	}
	text := make([]byte, 0, size+len(header)*binary.MaxVarintLen64) // it never moves: what it holds is cleared
	write := func(s string) {
		text = binary.AppendUvarint(text, uint64(len(s)))
		text = append(text, s...)
	}
	write(method)
	write(token)
	for _, name := range slices.Sorted(maps.Keys(header)) {
		if slices.Contains(perCall, name) {
			continue
		}
		write(name)
		text = binary.AppendUvarint(text, uint64(len(header[name])))
		for _, value := range header[name] {
			write(value)
		}
	}
	id := identity{key: sum(k.find, text), seal: sum(k.seal, text)}
	clear(text)
	return id
}

// caller are the tags of the credential that a call is made with. A caller that has none
// has no tags. Of cookies is not known which one is a credential: all together are.
func (k *keys) caller(header http.Header) []tag {
	var tags []tag
	if value := header.Get("Authorization"); value != "" {
		tags = append(tags, k.tag(ofToken, tokenOf(value)))
	}
	if value := header.Get("Cookie"); value != "" {
		tags = append(tags, k.tag(ofCookie, value))
	}
	return tags
}

// tokenOf is the token of an Authorization header (RFC 6750, section 2.1).
func tokenOf(authorization string) string {
	scheme, token, ok := strings.Cut(authorization, " ")
	if ok && strings.EqualFold(scheme, "bearer") {
		return strings.TrimSpace(token)
	}
	return authorization
}

// asksForOwn tells whether whoever checks a session calls with that session's token, or
// with none.
func asksForOwn(token string, header http.Header) bool {
	authorization := header.Get("Authorization")
	return header.Get("Cookie") == "" && (authorization == "" || tokenOf(authorization) == token)
}

// sealed encrypts a body for those who ask the same question, by AES-256-GCM.
func (id *identity) sealed(body []byte) ([]byte, error) {
	box, err := id.box()
	if err != nil {
		return nil, err
	}
	return box.Seal(nil, nil, body, id.key[:]), nil //nolint:gosec // it makes nonces itself
}

// open decrypts it.
func (id *identity) open(body []byte) ([]byte, error) {
	box, err := id.box()
	if err != nil {
		return nil, err
	}
	return box.Open(nil, nil, body, id.key[:])
}

func (id *identity) box() (cipher.AEAD, error) {
	block, err := aes.NewCipher(id.seal[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
