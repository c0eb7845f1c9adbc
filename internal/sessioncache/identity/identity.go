// Package identity says whose question a check is, without its words: it makes keys, tags and
// seals of what callers send, by which a session can be found, ended and read by those who
// know it, and by nobody else. It has no state but its keys.
package identity

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Tag stands for a secret, or for what somebody asks: its HMAC.
type Tag = [sha256.Size]byte

// Keys are those of a process, or of all that share a secret. They are never stored, and what
// is kept is worth nothing without them and the credential.
type Keys struct{ find, seal, name []byte }

// NewKeys makes keys that no other process has.
func NewKeys() Keys {
	secret := make([]byte, sha256.Size)
	_, _ = rand.Read(secret) // never fails
	return DeriveKeys(secret)
}

// DeriveKeys makes the keys of all that share a secret (HKDF, RFC 5869).
func DeriveKeys(secret []byte) Keys {
	key := func(use string) []byte {
		k, err := hkdf.Key(sha256.New, secret, nil, "session-facade/sessioncache/"+use, sha256.Size)
		if err != nil {
			panic("hkdf: " + err.Error()) // never: only a key that is far longer fails
		}
		return k
	}
	return Keys{find: key("find"), seal: key("seal"), name: key("name")}
}

// sum is an HMAC-SHA256. Its state is not used again: it holds the end of what was
// written.
func sum(key []byte, text []byte) (t Tag) {
	mac := hmac.New(sha256.New, key)
	mac.Write(text)
	mac.Sum(t[:0])
	return t
}

// What a tag stands for. The same text in two places is two things.
const (
	OfToken  = "token:"
	OfCookie = "cookie:"
	OfUser   = "user:"
)

// Tag is that of a credential or a user.
func (k *Keys) Tag(of, value string) Tag { return sum(k.name, []byte(of+value)) }

// Identity is one caller's question.
type Identity struct {
	// Key is of all by which the upstream may decide.
	Key Tag
	// seal opens what is kept for the question.
	seal Tag
}

// perCall are the headers that tell calls apart, and decide nothing.
var perCall = []string{"X-Request-Id", "Traceparent", "Tracestate"}

// Identify makes the identity of a check. Every text goes in with its length before it, so
// that no two questions read alike.
func (k *Keys) Identify(method, token string, header http.Header) Identity {
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
	id := Identity{Key: sum(k.find, text), seal: sum(k.seal, text)}
	clear(text)
	return id
}

// Caller are the tags of the credential that a call is made with. A caller that has none
// has no tags. Of cookies is not known which one is a credential: all together are.
func (k *Keys) Caller(header http.Header) []Tag {
	var tags []Tag
	if value := header.Get("Authorization"); value != "" {
		tags = append(tags, k.Tag(OfToken, tokenOf(value)))
	}
	if value := header.Get("Cookie"); value != "" {
		tags = append(tags, k.Tag(OfCookie, value))
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

// AsksForOwn tells whether whoever checks a session calls with that session's token, or
// with none.
func AsksForOwn(token string, header http.Header) bool {
	authorization := header.Get("Authorization")
	return header.Get("Cookie") == "" && (authorization == "" || tokenOf(authorization) == token)
}

// Seal encrypts a body for those who ask the same question, by AES-256-GCM.
func (id *Identity) Seal(body []byte) ([]byte, error) {
	box, err := id.box()
	if err != nil {
		return nil, err
	}
	return box.Seal(nil, nil, body, id.Key[:]), nil //nolint:gosec // it makes nonces itself
}

// Open decrypts it.
func (id *Identity) Open(body []byte) ([]byte, error) {
	box, err := id.box()
	if err != nil {
		return nil, err
	}
	return box.Open(nil, nil, body, id.Key[:])
}

func (id *Identity) box() (cipher.AEAD, error) {
	block, err := aes.NewCipher(id.seal[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
