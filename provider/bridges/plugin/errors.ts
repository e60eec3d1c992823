/** Errors as Pulumi's protocol sends them. */
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { PartialFailureError } from "../lifecycle";
import { any, grpc, provider, status } from "./protocol";
import { toStruct } from "./values";

/** An error that the user can correct. It is sent without a stack trace. */
export class UsageError extends Error {}

/** A {@link PartialFailureError} with the resource as Pulumi saves it. */
export class FailedResource extends Error {
    constructor(
        readonly failure: PartialFailureError,
        readonly properties: Struct,
    ) {
        super(failure.message);
    }
}

/**
 * Returns an error for gRPC. A {@link FailedResource} carries the saved resource in `grpc-status-details-bin`, so
 * that Pulumi saves it with the reasons.
 *
 * @param inputs the inputs of the call, which Pulumi saves with the resource.
 */
export function toServiceError(error: unknown, inputs: object = {}): grpc.ServiceError {
    const thrown = error instanceof Error ? error : new Error(String(error));
    const isBug = [TypeError, ReferenceError, RangeError, SyntaxError].some((kind) => thrown instanceof kind);
    const message = isBug ? (thrown.stack ?? thrown.message) : thrown.message;
    const metadata = new grpc.Metadata();
    if (thrown instanceof FailedResource) {
        metadata.set("grpc-status-details-bin", Buffer.from(detailsOf(thrown, inputs)));
    }
    return Object.assign(new Error(message), { code: grpc.status.UNKNOWN, details: message, metadata });
}

function detailsOf({ failure: { id, reasons }, properties }: FailedResource, inputs: object): Uint8Array {
    const failed = new provider.ErrorResourceInitFailed();
    failed.setId(id);
    failed.setProperties(properties);
    failed.setReasonsList(reasons);
    failed.setInputs(toStruct(inputs));
    const detail = new any.Any();
    detail.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const found = new status.Status();
    found.setCode(grpc.status.UNKNOWN);
    found.setMessage(reasons.join("\n"));
    found.addDetails(detail);
    return found.serializeBinary();
}
