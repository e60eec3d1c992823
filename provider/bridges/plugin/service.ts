/** Pulumi's `ResourceProvider` service: answers each request with the result of a verb, or with its error. */
import { saveCompiledCode } from "./compileCache";
import { toServiceError } from "./errors";
import { type grpc, provider } from "./protocol";
import { providerVerbs } from "./providerVerbs";
import { resourceVerbs } from "./resourceVerbs";
import { type Properties, Session } from "./session";
import { toProperties } from "./values";

type Verb = (request: unknown) => unknown;

/** @param address the address of the Pulumi engine, if the engine started the process. */
export function serviceOf(address: string | undefined): grpc.UntypedServiceImplementation {
    const session = new Session(address);
    const verbs = { ...providerVerbs(session), ...resourceVerbs(session) };
    return Object.fromEntries(Object.entries(verbs).map(([name, verb]) => [name, answering(name, verb as Verb)]));
}

const answering =
    (name: string, verb: Verb): grpc.handleUnaryCall<unknown, unknown> =>
    ({ request }, done) => {
        Promise.resolve()
            .then(() => verb(request))
            .then(
                (response) => done(null, response),
                (error: unknown) => done(toServiceError(error, inputsOf(request))),
            )
            .finally(() => saveCompiledCode(name));
    };

/** The inputs in a request of `Create` or `Update`, which Pulumi saves with a partial failure. */
function inputsOf(request: unknown): Properties {
    if (request instanceof provider.CreateRequest) return toProperties(request.getProperties());
    if (request instanceof provider.UpdateRequest) return toProperties(request.getNews());
    return {};
}
