// The types of haberdash.js. They need TypeScript 5.7 or newer.

/** One of the seven models. */
export type ModelName = "cnn" | "resnet" | "mlp" | "svm" | "forest" | "knn" | "logistic";

/**
 * A weights file: one of a model, of the vote, of the novelty detector (whether an image shows one of the ten classes at all), or of
 * the photo network.
 */
export type WeightsName = ModelName | "vote" | "novelty" | "photo";

/** One of Fashion-MNIST's ten classes. */
export type Label =
  | "T-shirt/top"
  | "Trouser"
  | "Pullover"
  | "Dress"
  | "Coat"
  | "Sandal"
  | "Shirt"
  | "Sneaker"
  | "Bag"
  | "Ankle boot";

/** A class of the photo network. */
export type PhotoLabel = Label | "Hat" | "Shorts" | "Skirt" | "Something else";

/** The pixels of an image as RGBA, row by row, with straight alpha. An `ImageData` is one. */
export interface ImageLike {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray | Uint8Array;
}

/**
 * What can be classified: 28x28 greys, which are used as they are (784 bytes, row by row, a bright garment on 0), or an image of any
 * size, which goes through the photo pipeline. The image has 8x8 to 50 million pixels, and no side longer than 20,000.
 */
export type Image = ImageLike | Uint8Array | Uint8ClampedArray;

/** The options of {@link Haberdash.load}. */
export interface LoadOptions {
  /** The addresses of the weights files. By default those that `weights.json` beside haberdash.js lists. */
  readonly weights?: { readonly [Name in WeightsName]?: string | URL };
  /** Which of them to load. By default all. */
  readonly models?: Iterable<WeightsName>;
  /** Ends the downloads; `load` then fails with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Class probabilities and the most likely class. */
export interface Probabilities<L extends string = Label> {
  /** The most likely class. */
  readonly label: L;
  /** Its probability. */
  readonly probability: number;
  /** The probabilities of the ten classes in the order of {@link Haberdash.labels}; their sum is 1. */
  readonly probabilities: Float32Array<ArrayBuffer>;
}

/** The prediction of one model. */
export interface Prediction extends Probabilities {
  readonly model: ModelName;
}

/** What the vote and, for a photo, the photo network say together. */
export interface Answer extends Probabilities<PhotoLabel> {
  /**
   * Whether the image shows one of the ten classes. If not, `label` is the closest one, or "Hat", "Shorts" or "Skirt"; of these the
   * probability is the photo network's.
   */
  readonly known: boolean;
}

/** What the loaded models say of an image. */
export interface Classification {
  /** The 28x28 greys that the models got. */
  readonly image: Uint8Array<ArrayBuffer>;
  /** How they were made: taken as they are, cut out of a plain background, or segmented. */
  readonly route: "as-is" | "product" | "scene";
  /** One for each loaded model, in the order of {@link ModelName}. */
  readonly predictions: Prediction[];
  /** `null` without "vote". */
  readonly vote: Probabilities | null;
  /** Whether the novelty detector accepts the image; `null` without "novelty". */
  readonly known: boolean | null;
  /** Fourteen probabilities: the ten classes, then hat, shorts, skirt, something else. `null` without "photo", and where the route is "as-is". */
  readonly photo: Probabilities<PhotoLabel> | null;
  /** The answer that the page shows; `null` without "vote" or "novelty". */
  readonly answer: Answer | null;
}

/** The options of {@link Haberdash.explain}. */
export interface ExplainOptions {
  readonly model: ModelName;
  /** The class to be explained. By default the model's prediction. */
  readonly label?: Label;
  /** The side of the overlay in pixels, 28 to 1024. By default 280. */
  readonly overlaySide?: number;
}

/** Which regions of an image support a class. */
export interface Explanation {
  readonly model: ModelName;
  readonly label: Label;
  /** Grad-CAM for "cnn" and "resnet", the loss of probability when a region is covered for the others. */
  readonly method: "grad-cam" | "occlusion";
  /** The 28x28 greys that the model got. */
  readonly image: Uint8Array<ArrayBuffer>;
  /** Rows and columns of the map. */
  readonly side: number;
  /** The map, row by row; not negative, not scaled. */
  readonly values: Float32Array<ArrayBuffer>;
  /** The map's colours above the image, for `new ImageData(overlay.data, overlay.width)`. */
  readonly overlay: {
    readonly width: number;
    readonly height: number;
    readonly data: Uint8ClampedArray<ArrayBuffer>;
  };
}

/**
 * - `input`: an argument is wrong
 * - `image`: the image cannot be used; the message can be shown to a visitor
 * - `download`: a file could not be read
 * - `weights`: a file is damaged, or is another one's
 * - `not-loaded`: the model is not loaded
 * - `disposed`: the engine was disposed of
 * - `engine`: the wasm did not start, or has crashed
 */
export type ErrorCode = "input" | "image" | "download" | "weights" | "not-loaded" | "disposed" | "engine";

/** What all functions throw. The message says what is wrong and what to do next. */
export class HaberdashError extends Error {
  private constructor();
  readonly name: "HaberdashError";
  readonly code: ErrorCode;
}

/** An engine with its models. Calls compute in the calling thread: in a page, use it in a module worker. */
export class Haberdash {
  private constructor();

  /** Starts the engine and loads weights files. */
  static load(options?: LoadOptions): Promise<Haberdash>;

  /** The loaded ones of the seven models. */
  readonly models: ModelName[];

  /** The ten classes in label order. */
  readonly labels: Label[];

  /** Classifies an image with all loaded models. */
  classify(image: Image): Classification;

  /** Makes a heat map of a class. */
  explain(image: Image, options: ExplainOptions): Explanation;

  /** Frees the models' memory. Later calls throw; a second `dispose` does nothing. */
  dispose(): void;
}
