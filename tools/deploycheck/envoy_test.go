package deploycheck

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/retry/host/previous_hosts/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protopath"
	"google.golang.org/protobuf/reflect/protorange"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// validated is what Envoy's own messages know of their rules.
type validated interface{ ValidateAll() error }

// readEnvoy reads Envoy's configuration strictly, into its own types, and checks it and
// each part with a type of its own by their rules.
func readEnvoy(t *testing.T) (bootstrap *bootstrapv3.Bootstrap, parts []proto.Message) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(deploy, "affinity", "envoy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if text, err = yaml.YAMLToJSONStrict(text); err != nil {
		t.Fatal(err)
	}
	bootstrap = &bootstrapv3.Bootstrap{}
	if err := protojson.Unmarshal(text, bootstrap); err != nil {
		t.Fatal(err)
	}
	parts = []proto.Message{bootstrap}
	err = protorange.Range(bootstrap.ProtoReflect(), func(p protopath.Values) error {
		if last := p.Index(-1); last.Step.Kind() == protopath.AnyExpandStep {
			parts = append(parts, last.Value.Message().Interface())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		if err := part.(validated).ValidateAll(); err != nil {
			t.Errorf("%T: %v", part, err)
		}
	}
	return bootstrap, parts
}

// TestEnvoy_HashesTheAuthorization: calls with the same Authorization meet the same
// replica, at a port that is there, by the Service that has the address of each.
func TestEnvoy_HashesTheAuthorization(t *testing.T) {
	bootstrap, parts := readEnvoy(t)
	clusters := bootstrap.GetStaticResources().GetClusters()
	hashed := 0
	for _, part := range parts {
		manager, ok := part.(*managerv3.HttpConnectionManager)
		if !ok {
			continue
		}
		for _, host := range manager.GetRouteConfig().GetVirtualHosts() {
			if on := host.GetRetryPolicy().GetRetryOn(); on != "connect-failure" {
				t.Errorf("repeated on %q: that may have been processed", on)
			}
			if len(host.GetRetryPolicy().GetRetryHostPredicate()) == 0 {
				t.Error("what has found a replica gone is tried at the same again, to which its hash leads")
			}
			for _, route := range host.GetRoutes() {
				action := route.GetRoute()
				if !slices.ContainsFunc(clusters, func(c *clusterv3.Cluster) bool { return c.GetName() == action.GetCluster() }) {
					t.Errorf("there is no cluster %q", action.GetCluster())
				}
				for _, policy := range action.GetHashPolicy() {
					if route.GetMatch().GetPrefix() == "/" && strings.EqualFold(policy.GetHeader().GetHeaderName(), "authorization") {
						hashed++
					}
				}
			}
		}
	}
	if hashed != 1 {
		t.Errorf("%d routes of all calls hash the authorization", hashed)
	}
	m := everything(t)["production"]
	for _, c := range clusters {
		if policy := c.GetLbPolicy(); policy != clusterv3.Cluster_RING_HASH && policy != clusterv3.Cluster_MAGLEV {
			t.Errorf("cluster %s balances by %v", c.GetName(), policy)
		}
		address := c.GetLoadAssignment().GetEndpoints()[0].GetLbEndpoints()[0].GetEndpoint().GetAddress().GetSocketAddress()
		service, _, _ := strings.Cut(address.GetAddress(), ".")
		if got := int32(address.GetPortValue()); got != m.containerPort("http") { //nolint:gosec // a port
			t.Errorf("the replicas do not listen on %d", got)
		}
		if !slices.ContainsFunc(m.services, func(s *corev1.Service) bool { return s.Name == service && s.Spec.ClusterIP == "None" }) {
			t.Errorf("no headless Service is named %s", service)
		}
	}
}
