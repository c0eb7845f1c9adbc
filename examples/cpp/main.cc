// Calls the session facade over gRPC. Start one with
// "go run ./cmd/server --sandbox", then: make -C examples/cpp run
//
// FACADE_ADDR is its address. With FACADE_CA, a file of CA certificates (PEM),
// the connection is TLS.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

#include <grpcpp/grpcpp.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "wingspan/users/v1/session_and_authentication_service.grpc.pb.h"

namespace users = wingspan::users::v1;
using Stub = users::SessionAndAuthenticationService::Stub;

namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::shared_ptr<grpc::Channel> Connect() {
  const char* address = std::getenv("FACADE_ADDR");
  const char* ca = std::getenv("FACADE_CA");
  auto credentials = grpc::InsecureChannelCredentials();
  if (ca != nullptr && *ca != '\0') {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = ReadFile(ca);
    credentials = grpc::SslCredentials(options);
  }
  grpc::ChannelArguments arguments;
  // Retries calls without side effects, and only those.
  arguments.SetServiceConfigJSON(ReadFile(SERVICE_CONFIG));
  // Lists come whole; the default limit is 4 MiB.
  arguments.SetMaxReceiveMessageSize(16 << 20);
  return grpc::CreateCustomChannel(address != nullptr ? address : "localhost:9090", credentials, arguments);
}

// Describe says what is in an error, for programs to act on: its code, why, which
// fields are at fault, and when to call again.
std::string Describe(const grpc::Status& error) {
  std::ostringstream text;
  text << "code " << error.error_code();
  google::rpc::Status status;
  status.ParseFromString(error.error_details());
  for (const auto& detail : status.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad;
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&info)) {
      text << " " << info.reason();  // an ErrorReason without its prefix
    } else if (detail.UnpackTo(&bad)) {
      for (const auto& violation : bad.field_violations()) {
        text << " [" << violation.field() << ": " << violation.description() << "]";
      }
    } else if (detail.UnpackTo(&retry)) {
      text << " (again in " << static_cast<double>(retry.retry_delay().seconds()) + retry.retry_delay().nanos() / 1e9
           << " s)";
    }
  }
  text << ": " << error.error_message();
  return text.str();
}

// Bounds a call, retries included, and makes it with the token, if there is one.
void Prepare(grpc::ClientContext* context, const std::string& token) {
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
}

// Call makes a call that must succeed. A context serves one call only.
template <typename Request, typename Response>
Response Call(Stub* stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request, const std::string& token = "") {
  grpc::ClientContext context;
  Prepare(&context, token);
  Response response;
  const grpc::Status status = (stub->*method)(&context, request, &response);
  if (!status.ok()) throw std::runtime_error(Describe(status));
  return response;
}

// SignIn returns ada's token.
std::string SignIn(Stub* stub) {
  users::CreateSessionRequest request;
  request.set_email("ada@example.com");
  request.set_password("analytical-engine");
  const auto response = Call(stub, &Stub::CreateSession, request);
  std::cout << "signed in as " << response.session().user_id() << std::endl;
  return response.session().token();
}

// ManageApiSessions creates, lists and deletes an API session.
void ManageApiSessions(Stub* stub, const std::string& token) {
  users::CreateApiSessionRequest create;
  (*create.mutable_labels())["example"] = "cpp";
  const auto created = Call(stub, &Stub::CreateApiSession, create, token).api_session();
  std::cout << "created an API session with label " << created.labels().at("example") << std::endl;
  // Retried if need be.
  const auto listed = Call(stub, &Stub::ListApiSessions, users::ListApiSessionsRequest(), token).api_sessions();
  if (std::none_of(listed.begin(), listed.end(),
                   [&](const auto& session) { return session.session_id() == created.session_id(); })) {
    throw std::runtime_error("the API session is not listed");
  }
  std::cout << "listed it" << std::endl;
  users::DeleteApiSessionRequest remove;
  remove.set_id(created.session_id());
  Call(stub, &Stub::DeleteApiSession, remove, token);
  std::cout << "deleted it" << std::endl;
}

// Refusal returns the error that a call must end with.
template <typename Request, typename Response>
grpc::Status Refusal(Stub* stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                     const Request& request) {
  grpc::ClientContext context;
  Prepare(&context, "");
  Response response;
  grpc::Status status = (stub->*method)(&context, request, &response);
  if (status.ok()) throw std::logic_error("a wrong password or an empty field was accepted");
  return status;
}

users::CreateSessionRequest WrongPassword(const std::string& email) {
  users::CreateSessionRequest request;
  request.set_email(email);
  request.set_password("wrong");
  return request;
}

// TooManyTries gives wrong passwords until it is told when to try again. The
// sandbox takes five in a row.
grpc::Status TooManyTries(Stub* stub) {
  for (int tries = 0; tries < 10; tries++) {
    auto refused = Refusal(stub, &Stub::CreateSession, WrongPassword("grace@example.com"));
    if (refused.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) return refused;
  }
  throw std::logic_error("wrong passwords are taken without end");
}

}  // namespace

int main() try {
  const auto stub = users::SessionAndAuthenticationService::NewStub(Connect());
  ManageApiSessions(stub.get(), SignIn(stub.get()));
  std::cout << "wrong password: "
            << Describe(Refusal(stub.get(), &Stub::CreateSession, WrongPassword("ada@example.com"))) << std::endl;
  std::cout << "empty email: "
            << Describe(Refusal(stub.get(), &Stub::Authenticate, users::AuthenticateRequest())) << std::endl;
  std::cout << "too many tries: " << Describe(TooManyTries(stub.get())) << std::endl;
} catch (const std::exception& failed) {
  std::cerr << failed.what() << std::endl;
  return 1;
}
