import * as pulumi from "@pulumi/pulumi";
import * as buildx from "pulumi-buildx";

const config = new pulumi.Config();
const endpoint = config.get("endpoint") || undefined; // the engine of the docker CLI, if it is not set
const restoreFrom = config.get("restoreFrom") || undefined;
const archive = config.get("archive");

const state = new buildx.BuildKitState("cache", {
    builderName: "moved-cache",
    ...(endpoint && { endpoint }),
    ...(restoreFrom && { restoreFrom }),
});
const builder = new buildx.BuildxBuilder("builder", { state });

// Each new value of `pulumi config set archive …` writes the archive again.
const written =
    archive &&
    new buildx.BuildKitStateArchive(
        "archive",
        { state, to: "moved-cache.tar.zst", triggers: [archive] },
        { dependsOn: [builder] },
    );

export const name = builder.name;
export const location = written && written.location;
