/** Certificates of tests: a root that no system knows, and what it signs. */

import { assert } from "@std/assert";

/** A root and a certificate for `name`, by openssl. */
export async function makeCertificates(folder: string, name: string) {
  const openssl = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command("openssl", { args, cwd: folder, stderr: "piped" }).output();
    assert(success, new TextDecoder().decode(stderr));
  };
  const key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split(" ");
  await Deno.writeTextFile(`${folder}/ext`, `subjectAltName=DNS:${name}\nbasicConstraints=CA:FALSE\n`);
  await openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test root");
  await openssl("req", ...key, "-keyout", "key.pem", "-out", "leaf.csr", "-subj", `/CN=${name}`);
  await openssl(
    ..."x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem -days 2 -extfile ext".split(" "),
  );
  const read = (file: string) => Deno.readTextFile(`${folder}/${file}`);
  return { ca: await read("ca.pem"), cert: await read("cert.pem"), key: await read("key.pem") };
}
