// Starts session-facade on its sandbox, for tests: copy this file to yours. The program is
// the argument of start, or what SESSION_FACADE names, or session-facade on the PATH.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const startLimit = 30_000; // milliseconds

export interface Message { id: number; time: string; userId: string; kind: string; channel?: string; to: string; code: string }
export interface Fault { status?: number; body?: unknown; retryAfter?: number; delay?: string; rate?: number; times?: number }
export interface Faults {
  operations?: Record<string, Fault>; // by the vendor's operation, or "all"
  preset?: "vendor";
  limits?: { getsPerSecond?: number; writesPerSecond?: number };
}

export class Sandbox {
  // http is the URL of REST and Connect, grpc a host and port, admin the URL of /sandbox/.
  private constructor(private readonly server: ChildProcess, readonly http: string, readonly grpc: string, readonly admin: string) {}

  // start returns when calls are taken: the server says so in its log, with its ports.
  static async start(program = process.env["SESSION_FACADE"] ?? "session-facade", ...flags: string[]): Promise<Sandbox> {
    const ports = ["grpc", "http", "admin"].map((port) => `--${port}-addr=127.0.0.1:0`);
    const server = spawn(program, ["--sandbox", "--log-format=json", ...ports, ...flags], { stdio: ["ignore", "ignore", "pipe"] });
    const timer = setTimeout(() => server.kill("SIGKILL"), startLimit);
    process.once("exit", () => server.kill());
    let last = "";
    try {
      await once(server, "spawn");
      for await (last of createInterface({ input: server.stderr })) {
        const line = last.startsWith("{") ? JSON.parse(last) : {};
        if (line.msg === "serving") {
          server.stderr.resume(); // nobody reads the rest
          return new Sandbox(server, `http://${line.http}`, line.grpc, `http://${line.admin}`);
        }
      }
    } finally {
      clearTimeout(timer);
    }
    throw new Error(`session-facade does not start: ${last}`);
  }

  async stop(): Promise<void> {
    if (this.server.exitCode === null && this.server.kill()) {
      await once(this.server, "exit");
    }
  }

  // messages are what was sent to a user, or to all, newest last.
  async messages(userId = ""): Promise<Message[]> {
    return (await this.control("GET", userId === "" ? "messages" : `messages?userId=${encodeURIComponent(userId)}`)).messages;
  }

  // advance moves the sandbox's clock, by "10m" or "25h".
  async advance(by: string): Promise<void> { await this.control("POST", "clock", { advance: by }); }

  // faults replaces all faults; without an argument there are none.
  async faults(set: Faults = {}): Promise<void> { await this.control("PUT", "faults", set); }

  // reset makes the sandbox as it began.
  async reset(): Promise<void> { await this.control("DELETE", "state"); }

  private async control(method: string, path: string, body?: unknown) {
    const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const response = await fetch(`${this.admin}/sandbox/${path}`, { method, signal: AbortSignal.timeout(startLimit), ...sent });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} /sandbox/${path}: ${response.status} ${text}`);
    }
    return text === "" ? {} : JSON.parse(text);
  }
}
