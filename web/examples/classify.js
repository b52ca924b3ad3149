import { Haberdash } from "../haberdash.js";

const [input, status, canvas] = ["input", "[role=status]", "canvas"].map((name) => document.querySelector(name));
const engine = await Haberdash.load({ models: ["cnn", "resnet", "vote", "novelty"] });
status.textContent = "Choose an image of a garment.";

input.addEventListener("change", async () => {
  try {
    const bitmap = await createImageBitmap(input.files[0]);
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const image = context.getImageData(0, 0, bitmap.width, bitmap.height);
    const { predictions, answer } = engine.classify(image);
    const each = predictions.map(({ model, label, probability }) => `${model}: ${label} (${probability})`);
    status.textContent = `${answer.known ? answer.label : "None of the ten classes"}. ${each.join(", ")}.`;
    const { overlay, label } = engine.explain(image, { model: "cnn" });
    canvas.getContext("2d").putImageData(new ImageData(overlay.data, overlay.width), 0, 0);
    canvas.ariaLabel = `Evidence for ${label}`;
  } catch (error) {
    status.textContent = error.message;
  }
});
