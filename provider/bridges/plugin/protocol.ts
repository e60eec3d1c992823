/** The gRPC library and the messages of Pulumi's protocol (pulumi/pulumi: `proto/pulumi/provider.proto`). */
import * as grpc from "@grpc/grpc-js";
import * as any from "google-protobuf/google/protobuf/any_pb";
import * as empty from "google-protobuf/google/protobuf/empty_pb";
import * as struct from "google-protobuf/google/protobuf/struct_pb";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as engine from "@pulumi/pulumi/proto/engine_pb";
import * as plugin from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as provider from "@pulumi/pulumi/proto/provider_pb";
import * as status from "@pulumi/pulumi/proto/status_pb";

export { any, empty, engine, EngineClient, grpc, plugin, provider, ResourceProviderService, status, struct };
