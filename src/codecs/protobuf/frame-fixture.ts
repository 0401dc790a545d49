import { create, createFileRegistry, type DescMessage } from "@bufbuild/protobuf";
import {
  FileDescriptorSetSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";

const field = (name: string, number: number, type: Type, more: object = {}) => ({ name, number, type, ...more });
const entry = (name: string, value: Type) => ({
  name,
  field: [field("key", 1, Type.STRING), field("value", 2, value)],
  options: { mapEntry: true },
});

const file = {
  name: "frame.proto",
  package: "test",
  syntax: "proto3",
  messageType: [
    {
      name: "Frame",
      field: [
        field("ts", 1, Type.INT64),
        field("uid", 2, Type.STRING),
        field("body", 3, Type.BYTES),
        field("scores", 4, Type.DOUBLE, { label: Label.REPEATED }),
        field("tags", 5, Type.MESSAGE, { label: Label.REPEATED, typeName: ".test.Frame.TagsEntry" }),
        field("inner", 6, Type.MESSAGE, { typeName: ".test.Frame" }),
      ],
      nestedType: [entry("TagsEntry", Type.STRING)],
    },
    { name: "Narrow", field: [field("ts", 1, Type.INT64)] },
  ],
};

const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] }));

/** A message type with a field of every wire form, a map, and itself inside. */
export const FrameSchema: DescMessage = registry.getMessage("test.Frame")!;

/** A message type that knows one field of `Frame`. */
export const NarrowSchema: DescMessage = registry.getMessage("test.Narrow")!;
