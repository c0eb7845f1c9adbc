package test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	"github.com/wingspan-grpc/session-facade/config"
	"github.com/wingspan-grpc/session-facade/config/affinity"
	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// affinityTokens are so many that each of three replicas has some: the chance that one has
// none is (2/3)^61, three times. Three does not divide it: in turns, a session would meet the
// same replica each time.
const affinityTokens = 61

// dialReplicas connects as a caller does who knows replicas and has a service config.
func dialReplicas(t *testing.T, serviceConfig string, addresses ...string) usersv1.SessionAndAuthenticationServiceClient {
	t.Helper()
	known := manual.NewBuilderWithScheme("replicas")
	var state resolver.State
	for _, address := range addresses {
		state.Endpoints = append(state.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: address}}})
	}
	known.InitialState(state)
	conn, err := grpc.NewClient("replicas:///", grpc.WithResolvers(known),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultServiceConfig(serviceConfig))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return usersv1.NewSessionAndAuthenticationServiceClient(conn)
}

func addressesOf(r *facadetest.Replicas) (all []string) {
	for _, facade := range r.Facades {
		all = append(all, facade.GRPCAddr)
	}
	return all
}

func affinityToken(n int) string { return fmt.Sprintf("token-%d", n) }

// check checks a session as who has some metadata, and returns the replica that answered.
func check(t *testing.T, client usersv1.SessionAndAuthenticationServiceClient, token string, pairs ...string) (replica string, err error) {
	t.Helper()
	var from peer.Peer
	ctx := metadata.AppendToOutgoingContext(t.Context(), pairs...)
	_, err = client.GetSession(ctx, &usersv1.GetSessionRequest{Id: token}, grpc.Peer(&from), grpc.WaitForReady(true))
	if from.Addr != nil {
		replica = from.Addr.String()
	}
	return replica, err
}

// checkAll has each session checked with its own token, and returns the replica of each.
func checkAll(t *testing.T, client usersv1.SessionAndAuthenticationServiceClient) map[string]string {
	t.Helper()
	met := map[string]string{}
	for n := range affinityTokens {
		token := affinityToken(n)
		replica, err := check(t, client, token, "authorization", "Bearer "+token)
		if err != nil {
			t.Fatalf("%s: %v", token, err)
		}
		met[token] = replica
	}
	return met
}

// TestAffinity_AsksTheUpstreamOnce: callers that know nothing of each other have each
// session checked by the same replica. The upstream is asked once for each; in turns, it
// is asked by each replica.
func TestAffinity_AsksTheUpstreamOnce(t *testing.T) {
	t.Parallel()
	r := facadetest.StartReplicas(t, 3)
	addresses := addressesOf(r)
	first := checkAll(t, dialReplicas(t, affinity.ServiceConfig, addresses...))
	for range 3 {
		slices.Reverse(addresses) // DNS gives them in any order
		if diff := cmp.Diff(first, checkAll(t, dialReplicas(t, affinity.ServiceConfig, addresses...))); diff != "" {
			t.Errorf("sessions met other replicas (-first +later):\n%s", diff)
		}
	}
	if used := slices.Compact(slices.Sorted(maps.Values(first))); len(used) != len(r.Facades) {
		t.Errorf("of %d replicas %d had calls", len(r.Facades), len(used))
	}
	if asked := len(r.Upstream.Take()); asked != affinityTokens {
		t.Errorf("the upstream was asked %d times for %d sessions", asked, affinityTokens)
	}
	client := dialReplicas(t, config.ServiceConfig, addresses...)
	for range 6 {
		checkAll(t, client)
	}
	if asked := len(r.Upstream.Take()); asked <= affinityTokens {
		t.Errorf("in turns, %d loads: the other two replicas should not have known %d sessions", asked, affinityTokens)
	}
}

// TestAffinity_SignOutIsFinalForAllCallers: who ends their session does so at the replica
// that answers for it, so that no other caller's check is answered from before.
func TestAffinity_SignOutIsFinalForAllCallers(t *testing.T) {
	t.Parallel()
	r := facadetest.StartReplicas(t, 3)
	addresses := addressesOf(r)
	one, other := dialReplicas(t, affinity.ServiceConfig, addresses...), dialReplicas(t, affinity.ServiceConfig, addresses...)
	checkAll(t, one)
	for n := range affinityTokens {
		token := affinityToken(n)
		if _, err := other.DeleteSession(as(t.Context(), token), &usersv1.DeleteSessionRequest{Id: token}); err != nil {
			t.Fatal(err)
		}
		if _, err := check(t, one, token, "authorization", "Bearer "+token); status.Code(err) != codes.Unauthenticated {
			t.Errorf("%s has ended, and is answered with %v", token, err)
		}
	}
}

// TestAffinity_OutlivesAReplica: the sessions of a replica that says that it goes move to
// others, those of others stay, and no call fails. Nor does one while a replica is known
// that is not there.
func TestAffinity_OutlivesAReplica(t *testing.T) {
	t.Parallel()
	r := facadetest.StartReplicas(t, 3)
	addresses := append(addressesOf(r), "127.0.0.1:1")
	client := dialReplicas(t, affinity.ServiceConfig, addresses...)
	var before map[string]string
	eventually(t, "each session meets the same replica again", func() bool { // all are connected
		last := before
		before = checkAll(t, client)
		return maps.Equal(before, last)
	})
	leaving := before[affinityToken(0)]
	r.Facades[slices.Index(addresses, leaving)].Health.NotServing()
	eventually(t, "the sessions of the replica that goes, and no others, meet another", func() bool {
		for token, replica := range checkAll(t, client) {
			if replica == leaving || (before[token] != leaving && replica != before[token]) {
				return false
			}
		}
		return true
	})
}

// TestAffinity_OneTokenForAllMeetsOneReplica: by authorization, a service that asks with
// its own token loads one replica. By metadata of its own, that says whose session it asks
// for, it loads all; the upstream does not get to see that.
func TestAffinity_OneTokenForAllMeetsOneReplica(t *testing.T) {
	t.Parallel()
	r := facadetest.StartReplicas(t, 3)
	addresses := addressesOf(r)
	byAuthorization := dialReplicas(t, affinity.ServiceConfig, addresses...)
	byOwn := dialReplicas(t, strings.Replace(affinity.ServiceConfig, `"authorization"`, `"session-affinity"`, 1), addresses...)
	one, all := map[string]bool{}, map[string]bool{}
	for n := range affinityTokens {
		for into, client := range map[*map[string]bool]usersv1.SessionAndAuthenticationServiceClient{&one: byAuthorization, &all: byOwn} {
			replica, err := check(t, client, affinityToken(n), "authorization", "Bearer service", "session-affinity", strconv.Itoa(n))
			if err != nil {
				t.Fatal(err)
			}
			(*into)[replica] = true
		}
	}
	if len(one) != 1 || len(all) != len(r.Facades) {
		t.Errorf("by authorization %d replicas had calls, by metadata of its own %d", len(one), len(all))
	}
	for _, seen := range r.Upstream.Take() {
		if _, passed := seen.Header["Session-Affinity"]; passed {
			t.Fatal("the upstream got the metadata")
		}
	}
}
