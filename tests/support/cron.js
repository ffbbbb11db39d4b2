// Calls the Worker's scheduled handler, as the platform's cron trigger does: GET /?cron=...&time=ms

export default {
  async fetch(request, env) {
    const query = new URL(request.url).searchParams;
    const scheduledTime = new Date(Number(query.get("time")));
    const result = await env.EDGE.scheduled({ cron: query.get("cron"), scheduledTime });
    return Response.json({ outcome: result.outcome });
  },
};
