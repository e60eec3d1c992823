import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { must } from "./run";

/** Paths of PEM files. */
export interface Certified {
    cert: string;
    key: string;
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

const filesOf = (folder: string, name: string): Certified => ({
    cert: join(folder, `${name}.crt`),
    key: join(folder, `${name}.key`),
});

/** Creates a certificate authority that nothing trusts yet. */
export async function makeAuthority(folder: string, name: string): Promise<Certified> {
    const { cert, key } = filesOf(folder, name);
    await must("openssl", [
        "req",
        "-x509",
        ...newKey,
        "-days",
        "2",
        "-subj",
        `/CN=${name}`,
        "-keyout",
        key,
        "-out",
        cert,
    ]);
    return { cert, key };
}

/** Creates a certificate for an address, signed by an authority. */
export async function certify(
    folder: string,
    name: string,
    authority: Certified,
    address = "127.0.0.1",
): Promise<Certified> {
    const { cert, key } = filesOf(folder, name);
    const [request, extensions] = [join(folder, `${name}.csr`), join(folder, `${name}.ext`)];
    await must("openssl", ["req", ...newKey, "-subj", `/CN=${name}`, "-keyout", key, "-out", request]);
    await writeFile(extensions, `subjectAltName=IP:${address}\nextendedKeyUsage=serverAuth,clientAuth\n`);
    const by = ["-CA", authority.cert, "-CAkey", authority.key, "-CAcreateserial"];
    await must("openssl", ["x509", "-req", "-days", "2", "-in", request, ...by, "-extfile", extensions, "-out", cert]);
    return { cert, key };
}
