package wirejson_test

import (
	"strconv"
	"strings"
	"testing"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

const benchSession = `{"sessionId":"s-1","expiration":"2022-09-03T19:46:40.748Z","isUnlimitedExpiration":false,` +
	`"labels":{"team":"payroll"},"sessionType":"API","token":"t-0123456789","userId":"u-1"}`

func benchCodec(b *testing.B) *wirejson.Codec {
	b.Helper()
	codec, err := wirejson.Compile((&usersv1.ApiSession{}).ProtoReflect().Descriptor())
	if err != nil {
		b.Fatal(err)
	}
	return codec
}

// BenchmarkDecode reads an API session as the upstream sends it.
func BenchmarkDecode(b *testing.B) {
	codec, text := benchCodec(b), []byte(benchSession)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if err := codec.Decode(text, new(usersv1.ApiSession).ProtoReflect(), wirejson.Answer); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppend writes an API session as a REST caller gets it.
func BenchmarkAppend(b *testing.B) {
	codec, message := benchCodec(b), new(usersv1.ApiSession)
	if err := codec.Decode([]byte(benchSession), message.ProtoReflect(), wirejson.Answer); err != nil {
		b.Fatal(err)
	}
	var text []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if text, err = codec.Append(text[:0], message.ProtoReflect()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecodeList reads lists of API sessions.
func BenchmarkDecodeList(b *testing.B) {
	for _, n := range []int{20, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			holder := new(usersv1.ListApiSessionsResponse).ProtoReflect().Descriptor()
			codec, err := wirejson.Compile(holder)
			if err != nil {
				b.Fatal(err)
			}
			text := []byte("[" + strings.Repeat(benchSession+",", n-1) + benchSession + "]")
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				list := new(usersv1.ListApiSessionsResponse).ProtoReflect()
				if err := codec.DecodeList(text, list, holder.Fields().Get(0), wirejson.Answer); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkStrip takes the residue, of which there is none, out of a list.
func BenchmarkStrip(b *testing.B) {
	list := new(usersv1.ListApiSessionsResponse)
	holder := list.ProtoReflect().Descriptor()
	codec, err := wirejson.Compile(holder)
	if err != nil {
		b.Fatal(err)
	}
	text := []byte("[" + strings.Repeat(benchSession+",", 999) + benchSession + "]")
	if err := codec.DecodeList(text, list.ProtoReflect(), holder.Fields().Get(0), wirejson.Answer); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		wirejson.Strip(list.ProtoReflect())
	}
}
