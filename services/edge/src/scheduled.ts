import type { Env } from "./env.ts";
import { Database } from "./execute/database.ts";
import { encoder } from "./execute/hrana.ts";
import { writeLog } from "./log.ts";

/** Reads one row, whatever the table's size. */
const NEWEST = encoder("select updated from notes order by id desc limit 1", [])([]);

/**
 * The cron's work: does the database answer, and how old is the newest note?
 * Logs one line; throws where the database fails, so that the platform records the run as failed.
 */
export async function checkDatabase(controller: ScheduledController, env: Env): Promise<void> {
  const database = new Database(env);
  const line = { event: "cron", cron: controller.cron, scheduled: controller.scheduledTime };
  try {
    const { rows } = await database.execute(NEWEST);
    const updated = rows[0]?.[0];
    const newestAgeMs = updated?.type === "integer" ? controller.scheduledTime - Number(updated.value) : null;
    writeLog({ ...line, ok: true, ms: database.trip?.ms, newestAgeMs });
  } catch (error) {
    writeLog({ ...line, ok: false, ms: database.trip?.ms, failure: String(error) });
    throw error;
  }
}
