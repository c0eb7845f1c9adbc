import { createRequire } from "node:module";
import { setTimeout } from "node:timers/promises";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";

// Connect does not read gRPC's service config, so this does what it says.
const require = createRequire(import.meta.url);
const config: ServiceConfig = require("@wingspan-grpc/session-facade/service_config.json");

interface ServiceConfig {
  methodConfig: {
    name: { service: string; method?: string }[];
    retryPolicy?: RetryPolicy;
  }[];
}

interface RetryPolicy {
  maxAttempts: number;
  initialBackoff: string;
  maxBackoff: string;
  backoffMultiplier: number;
  retryableStatusCodes: string[];
}

// policyOf is undefined for a method that must not be repeated.
function policyOf(service: string, method: string): RetryPolicy | undefined {
  return config.methodConfig.find((entry) =>
    entry.name.some((name) => name.service === service && name.method === method),
  )?.retryPolicy;
}

// The config spells codes DEADLINE_EXCEEDED, Connect spells them DeadlineExceeded.
function isRetryable(policy: RetryPolicy, error: ConnectError): boolean {
  return policy.retryableStatusCodes.some((name) => name.replaceAll("_", "") === Code[error.code]?.toUpperCase())
    // The facade asks not to: it has retried already.
    && !error.metadata.get("grpc-retry-pushback-ms")?.startsWith("-");
}

// retry repeats calls as the service config allows, within their deadline.
export const retry: Interceptor = (next) => async (request) => {
  const policy = policyOf(request.service.typeName, request.method.name);
  for (let attempt = 1; ; attempt++) {
    try {
      return await next(request);
    } catch (reason) {
      const error = ConnectError.from(reason);
      if (!policy || attempt >= policy.maxAttempts || !isRetryable(policy, error)) {
        throw error;
      }
      const most = Math.min(
        parseFloat(policy.initialBackoff) * policy.backoffMultiplier ** (attempt - 1),
        parseFloat(policy.maxBackoff),
      );
      await setTimeout(Math.random() * most * 1000, undefined, { signal: request.signal });
      // So the facade does not retry on its own too.
      request.header.set("grpc-previous-rpc-attempts", String(attempt));
    }
  }
};
