// Answer raw rows with an exported model: onnxruntime-web, which runs in browsers and in Node, without modelwright.
//
//     npm install onnxruntime-web
//     node use_onnx.mjs model.onnx about.json rows.json
//
// `about.json` is the model's metadata, which JavaScript cannot read from the file: modelwright export writes it
// beside the model with --about. `rows.json` holds a list of objects, one a row; what is left out is missing.
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web";

const [model, about, rows] = process.argv.slice(2).map((path) => readFileSync(path));
const described = JSON.parse(about).inputs;
const asked = JSON.parse(rows);

function tensor(column) {
  const values = asked.map((row) => row[column.name] ?? null);
  if (column.type === "string") {
    return new ort.Tensor("string", values.map((value) => (value === null ? column.missing : String(value))), [values.length]);
  }
  const numbers = values.map((value) => {
    if (value === null) return NaN;
    return column.unit ? Date.parse(`${value.length === 10 ? `${value}T00:00` : value}Z`) / 1000 : Number(value);
  });
  return new ort.Tensor("float64", Float64Array.from(numbers), [values.length]);
}

const session = await ort.InferenceSession.create(new Uint8Array(model));
const found = await session.run(Object.fromEntries(described.map((column) => [column.name, tensor(column)])));
for (let row = 0; row < asked.length; row += 1) {
  const answers = session.outputNames.map((name) => {
    const width = found[name].data.length / asked.length;
    const own = Array.from(found[name].data.slice(row * width, (row + 1) * width));
    return own.map((value) => (typeof value === "string" ? value.padEnd(10) : Number(value).toFixed(4))).join("  ");
  });
  console.log(answers.join(" "));
}
