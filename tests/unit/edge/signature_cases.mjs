// Runs in Node, bundled by test_signature.py: signs the cases of the vectors from stdin, writes the headers.

import { identityHeader, sign } from "../../../services/edge/src/forward/signature.ts";

const chunks = [];
for await (const chunk of process.stdin.setEncoding("utf8")) {
  chunks.push(chunk);
}
const { key, signed, identities } = JSON.parse(chunks.join(""));
const header = ({ user, name, session, ws, more = false }) =>
  identityHeader({ user, name, id: session, workspaces: new Map(Object.entries(ws)), more });
const headers = await Promise.all(signed.map((each) => sign(key, each)));
console.log(JSON.stringify({ headers, identities: identities.map(header) }));
