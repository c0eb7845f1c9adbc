import { createRequire } from "node:module";
import { setTimeout } from "node:timers/promises";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";

// Connect does not read gRPC's service config, so this does what its retry
// policies say, as a gRPC client does (gRFC A6). One thing differs: Connect does
// not tell whether headers came before an error, after which a gRPC client would
// not retry.
const require = createRequire(import.meta.url);
const config: ServiceConfig = require("@wingspan-grpc/session-facade/service_config.json");

interface ServiceConfig {
  retryThrottling: { maxTokens: number; tokenRatio: number };
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
  return policy.retryableStatusCodes.some((name) => name.replaceAll("_", "") === Code[error.code]?.toUpperCase());
}

// pushback is how many milliseconds the server asks to wait, if it does. What is
// no such number, as -1, asks not to retry: the facade has done so already.
function pushback(error: ConnectError): number | undefined {
  const asked = error.metadata.get("grpc-retry-pushback-ms");
  return asked === null ? undefined : /^\d+$/.test(asked) ? Number(asked) : -1;
}

// backoff is a random wait around one that grows from retry to retry.
function backoff(policy: RetryPolicy, retries: number): number {
  const grown = parseFloat(policy.initialBackoff) * policy.backoffMultiplier ** retries;
  return Math.min(grown, parseFloat(policy.maxBackoff)) * 1000 * (0.8 + 0.4 * Math.random());
}

// newRetry makes an interceptor that repeats calls as the service config allows,
// within their deadline. One serves one facade: while many calls fail, none is
// repeated.
export function newRetry(): Interceptor {
  const { maxTokens, tokenRatio } = config.retryThrottling;
  let tokens = maxTokens;
  return (next) => async (request) => {
    const policy = policyOf(request.service.typeName, request.method.name);
    if (!policy) {
      return next(request);
    }
    let retries = 0; // since the server last asked for a wait of its own
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await next(request);
        tokens = Math.min(tokens + tokenRatio, maxTokens);
        return response;
      } catch (reason) {
        const error = ConnectError.from(reason);
        const asked = pushback(error);
        if (!isRetryable(policy, error) && asked !== -1) {
          throw error;
        }
        tokens = Math.max(tokens - 1, 0);
        if (asked === -1 || attempt >= policy.maxAttempts || tokens <= maxTokens / 2) {
          throw error;
        }
        retries = asked === undefined ? retries : 0;
        await setTimeout(asked ?? backoff(policy, retries++), undefined, { signal: request.signal });
        // So that the facade does not retry on its own too.
        request.header.set("grpc-previous-rpc-attempts", String(attempt));
      }
    }
  };
}
