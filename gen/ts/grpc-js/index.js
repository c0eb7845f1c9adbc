export * from "./google/rpc/error_details.js";
export * from "./google/rpc/status.js";
export * from "./wingspan/users/v1/errors.js";
export * from "./wingspan/users/v1/resources.js";
export * from "./wingspan/users/v1/session_and_authentication_service.js";
