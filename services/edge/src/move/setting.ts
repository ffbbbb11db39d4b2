/** What holds for a route right now: what is declared, under what an operator switched. */

import type { Exchange } from "../exchange.ts";
import { command } from "../limit/redis.ts";
import { writeLog } from "../log.ts";
import { parseSwitches, Switches, SWITCHES_KEY, WAIT_MS } from "./switches.ts";

/** In percent. */
export interface Setting {
  readonly rollout: number;
  readonly shadow: number;
}

const switches = new Switches();

/** Never throws: without Redis the switches known last hold, or what is declared. */
export async function settingOf(exchange: Exchange): Promise<Setting> {
  const due = switches.due(Date.now());
  if (due !== "no") {
    const read = readSwitches(exchange);
    exchange.afterwards.waitUntil(read);
    if (due === "before") {
      await Promise.race([read, scheduler.wait(WAIT_MS)]);
    }
  }
  const { declared, placed } = exchange.route;
  const switched = switches.of(declared.name);
  exchange.placing.switchesAgeMs = switches.age(Date.now());
  return {
    rollout: switched.rollout ?? placed.rollout,
    shadow: switched.shadow ?? (placed.shadow ? 100 : 0),
  };
}

async function readSwitches({ env, id }: Exchange): Promise<void> {
  const { REDIS_URL, REDIS_TOKEN } = env;
  const began = Date.now();
  switches.began(began);
  try {
    if (REDIS_URL !== undefined && REDIS_TOKEN !== undefined) {
      const parsed = parseSwitches(await command({ REDIS_URL, REDIS_TOKEN }, ["HGETALL", SWITCHES_KEY]));
      switches.took(parsed.switches, began);
      if (parsed.ignored.length > 0) {
        writeLog({ event: "switches", id, ignored: parsed.ignored });
      }
    }
  } catch (error) {
    writeLog({ event: "switches", id, failure: String(error) });
  } finally {
    switches.ended(Date.now());
  }
}
