# frozen_string_literal: true

# Calls the session facade over gRPC. Start one with
# "go run ./cmd/server --sandbox", then: make -C examples/ruby run
#
# FACADE_ADDR is its address. With FACADE_CA, a file of CA certificates (PEM),
# the connection is TLS.
require 'grpc'

$LOAD_PATH.unshift("#{__dir__}/build")
require 'google/protobuf/well_known_types'
require 'google/rpc/error_details_pb'
require 'google/rpc/status_pb'
require 'wingspan/users/v1/session_and_authentication_service_services_pb'

V1 = Wingspan::Users::V1
DETAILS = [Google::Rpc::ErrorInfo, Google::Rpc::BadRequest, Google::Rpc::RetryInfo].freeze

def connect
  ca = ENV['FACADE_CA'].to_s
  V1::SessionAndAuthenticationService::Stub.new(
    ENV.fetch('FACADE_ADDR', 'localhost:9090'),
    ca.empty? ? :this_channel_is_insecure : GRPC::Core::ChannelCredentials.new(File.read(ca)),
    timeout: 10, # of each call in seconds, retries included
    channel_args: {
      # Retries calls without side effects, and only those.
      'grpc.service_config' => File.read("#{__dir__}/../../config/service_config.json"),
      # Lists come whole; the default limit is 4 MiB.
      'grpc.max_receive_message_length' => 16 << 20
    }
  )
end

# Says what is in one detail of an error.
def describe_detail(detail)
  case detail
  when Google::Rpc::ErrorInfo
    " #{detail.reason}" # an ErrorReason without its prefix
  when Google::Rpc::BadRequest
    detail.field_violations.map { |violation| " [#{violation.field}: #{violation.description}]" }.join
  when Google::Rpc::RetryInfo
    " (again in #{detail.retry_delay.seconds + detail.retry_delay.nanos / 1e9} s)"
  end
end

# Says what is in an error, for programs to act on: its code, why, which fields
# are at fault, and when to call again.
def describe(error)
  packed = error.to_rpc_status&.details || []
  details = packed.filter_map { |any| DETAILS.filter_map { |type| any.unpack(type) }.first }
  "#{error.class.name.split('::').last}#{details.map { |detail| describe_detail(detail) }.join}: #{error.details}"
end

# Returns the metadata of calls that are made as ada.
def sign_in(stub)
  request = V1::CreateSessionRequest.new(email: 'ada@example.com', password: 'analytical-engine')
  session = stub.create_session(request).session
  puts "signed in as #{session.user_id}"
  { 'authorization' => "Bearer #{session.token}" }
end

# Creates, lists and deletes an API session.
def manage_api_sessions(stub, ada)
  created = stub.create_api_session(V1::CreateApiSessionRequest.new(labels: { 'example' => 'ruby' }), metadata: ada).api_session
  puts "created an API session with labels #{created.labels.to_h}"
  # Retried if need be.
  listed = stub.list_api_sessions(V1::ListApiSessionsRequest.new, metadata: ada).api_sessions
  raise 'the API session is not listed' unless listed.map(&:session_id).include?(created.session_id)

  puts 'listed it'
  stub.delete_api_session(V1::DeleteApiSessionRequest.new(id: created.session_id), metadata: ada)
  puts 'deleted it'
end

# Returns the error that a call must end with.
def refusal
  yield
rescue GRPC::BadStatus => e
  e
else
  raise 'a wrong password or an empty field was accepted'
end

# Gives wrong passwords until it is told when to try again. The sandbox takes
# five in a row.
def too_many_tries(stub)
  wrong = V1::CreateSessionRequest.new(email: 'grace@example.com', password: 'wrong')
  10.times do
    error = refusal { stub.create_session(wrong) }
    return error if error.is_a?(GRPC::ResourceExhausted)
  end
  raise 'wrong passwords are taken without end'
end

begin
  stub = connect
  manage_api_sessions(stub, sign_in(stub))
  wrong = V1::CreateSessionRequest.new(email: 'ada@example.com', password: 'wrong')
  puts "wrong password: #{describe(refusal { stub.create_session(wrong) })}"
  puts "empty email: #{describe(refusal { stub.authenticate(V1::AuthenticateRequest.new) })}"
  puts "too many tries: #{describe(too_many_tries(stub))}"
rescue GRPC::BadStatus => e
  abort describe(e)
end
