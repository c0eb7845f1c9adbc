export * from "./google/rpc/error_details_pb.js";
export * from "./google/rpc/status_pb.js";
export * from "./wingspan/users/v1/errors_pb.js";
export * from "./wingspan/users/v1/resources_pb.js";
export * from "./wingspan/users/v1/session_and_authentication_service_pb.js";
