package httprule_test

import (
	"slices"
	"testing"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

// TestHoldsSecret_OfTheContract names the messages that can hold none: a new one is
// looked at before it is compressed, or gets into a URL.
func TestHoldsSecret_OfTheContract(t *testing.T) {
	t.Parallel()
	var requests, responses []string
	methods := usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.Services().Get(0).Methods()
	for i := range methods.Len() {
		if input := methods.Get(i).Input(); !httprule.HoldsSecret(input) {
			requests = append(requests, string(input.Name()))
		}
		if output := methods.Get(i).Output(); !httprule.HoldsSecret(output) {
			responses = append(responses, string(output.Name()))
		}
	}
	if want := []string{"BeginOtpVerificationRequest", "CreateApiSessionRequest", "ListApiSessionsRequest", "GetApiSessionRequest",
		"UpdateApiSessionRequest", "DeleteApiSessionRequest", "BeginExistingEmailVerificationRequest",
		"ListGrantedSubscriberSubscriptionGrantsRequest"}; !slices.Equal(requests, want) {
		t.Errorf("%q", requests)
	}
	if want := []string{"DeleteSessionResponse", "BeginOtpVerificationResponse", "ListGrantedSubscriberSubscriptionGrantsResponse"}; !slices.Equal(responses, want) {
		t.Errorf("%q", responses)
	}
}
