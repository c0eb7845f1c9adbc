package certs

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"time"
)

// firstExpiry is when a chain stops being of use.
func firstExpiry(chain tls.Certificate) (first time.Time, err error) {
	for _, der := range chain.Certificate {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return first, err
		}
		if first.IsZero() || certificate.NotAfter.Before(first) {
			first = certificate.NotAfter
		}
	}
	return first, nil
}

// lastExpiry is when the last certificate of a PEM file stops being of use.
func lastExpiry(text []byte) (last time.Time) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if certificate, err := x509.ParseCertificate(block.Bytes); err == nil && certificate.NotAfter.After(last) {
			last = certificate.NotAfter
		}
	}
	return last
}
