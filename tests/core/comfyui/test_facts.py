"""What a graph says about its picture is found along its links, whatever the nodes are called and however they are ordered."""

from __future__ import annotations

import json

import pytest

from core.comfyui import facts
from core.comfyui.facts import Facts, ModelUse
from tests.core.graphs import Graph, flux, hires, image_to_image, node, text_to_image, with_control


def test_a_plain_text_to_image_graph_tells_everything() -> None:
    found = facts.read(text_to_image())

    assert (found.prompt, found.negative, found.seed) == ("a lighthouse at dusk", "blurry", "42")
    assert (found.sampler, found.scheduler, found.steps, found.cfg, found.denoise) == ("euler", "normal", 20, 7.0, 1.0)
    assert (found.width, found.height, found.batch) == (512, 768, 2)
    assert found.models == (ModelUse("checkpoint", "checkpoints", "base.safetensors"),)
    assert found.techniques == ()


def test_a_sampler_nobody_saves_from_is_ignored_though_it_comes_first() -> None:
    stray = node("KSampler", seed=7, steps=1, cfg=1.0, model=["1", 0], positive=["0", 1], latent_image=["5", 0])
    stray_loader = node("CheckpointLoaderSimple", ckpt_name="wrong.safetensors")

    found = facts.read({"0": stray, "1": stray_loader} | text_to_image())

    assert found.seed == "42"
    assert [use.name for use in found.models] == ["base.safetensors"]


def test_a_flux_graph_keeps_its_settings_on_five_nodes() -> None:
    found = facts.read(flux())

    assert (found.prompt, found.negative) == ("a red kite", "")
    assert found.seed == "18446744073709551615"
    assert (found.sampler, found.scheduler, found.steps, found.denoise) == ("dpmpp_2m", "beta", 28, 1.0)
    assert (found.width, found.height) == (1024, 1024)
    assert {use.kind for use in found.models} == {"diffusion model", "text encoder", "vae"}


def test_two_passes_give_the_first_ones_seed_and_are_hires() -> None:
    found = facts.read(hires())

    assert (found.seed, found.steps, found.denoise) == ("42", 20, 1.0)
    assert [one.seed for one in found.passes] == ["42", "99"]
    assert found.techniques == ("hires",)


def test_base_and_refiner_are_one_picture_of_the_base_seed() -> None:
    graph = text_to_image()
    shared = {"positive": ["6", 0], "negative": ["7", 0], "steps": 25, "cfg": 7.5, "sampler_name": "euler", "scheduler": "karras"}
    graph["3"] = node(
        "KSamplerAdvanced", noise_seed=5, start_at_step=0, end_at_step=20, model=["4", 0], latent_image=["5", 0], **shared
    )
    graph["70"] = node("CheckpointLoaderSimple", ckpt_name="refiner.safetensors")
    graph["71"] = node("KSamplerAdvanced", noise_seed=0, start_at_step=20, model=["70", 0], latent_image=["3", 0], **shared)
    graph["8"] = node("VAEDecode", samples=["71", 0], vae=["4", 2])

    found = facts.read(graph)

    assert (found.seed, found.scheduler, found.denoise) == ("5", "karras", None)
    assert found.passes[1].denoise == 0.2
    assert found.techniques == ()


def test_loras_come_in_the_order_they_take_effect_and_idle_ones_are_left_out() -> None:
    graph = text_to_image(model=["22", 0])
    graph["20"] = node(
        "LoraLoader", lora_name="ink.safetensors", strength_model=0.8, strength_clip=1.0, model=["4", 0], clip=["4", 1]
    )
    graph["21"] = node(
        "LoraLoader", lora_name="idle.safetensors", strength_model=0, strength_clip=0, model=["20", 0], clip=["20", 1]
    )
    graph["22"] = node("LoraLoaderModelOnly", lora_name="film.safetensors", strength_model=["23", 0], model=["21", 0])
    graph["23"] = node("PrimitiveFloat", value=0.4)

    found = facts.read(graph)

    assert [(use.name, use.strength) for use in found.models if use.kind == "lora"] == [
        ("ink.safetensors", 0.8),
        ("film.safetensors", 0.4),
    ]
    assert found.techniques == ("lora",)


def test_a_power_lora_loader_uses_only_what_is_switched_on() -> None:
    graph = text_to_image(model=["20", 0])
    rows = {
        "lora_1": {"on": True, "lora": "ink.safetensors", "strength": 0.7},
        "lora_2": {"on": False, "lora": "off.safetensors", "strength": 1},
    }
    graph["20"] = node("Power Lora Loader (rgthree)", model=["4", 0], clip=["4", 1], PowerLoraLoaderHeaderWidget={}, **rows)

    assert [(use.name, use.strength) for use in facts.read(graph).models[1:]] == [("ink.safetensors", 0.7)]


def test_an_efficient_loader_holds_prompts_size_and_a_counted_lora_stack() -> None:
    stack = {"lora_name_1": "a.safetensors", "lora_wt_1": 0.5, "lora_name_2": "b.safetensors", "lora_wt_2": 1.0}
    graph: Graph = {
        "1": node(
            "Efficient Loader",
            ckpt_name="base.safetensors",
            vae_name="Baked VAE",
            lora_name="None",
            positive="a fox",
            negative="text",
            empty_latent_width=640,
            empty_latent_height=384,
            batch_size=1,
            lora_stack=["2", 0],
        ),
        "2": node("LoRA Stacker", input_mode="simple", lora_count=1, **stack),
        "3": node(
            "KSampler (Efficient)", seed=8, steps=9, cfg=5.0, sampler_name="lcm", scheduler="normal", denoise=1.0,
            model=["1", 0], positive=["1", 1], negative=["1", 2], latent_image=["1", 3],
        ),
        "4": node("SaveImage", images=["3", 5], filename_prefix="x"),
    }  # fmt: skip

    found = facts.read(graph)

    assert (found.prompt, found.negative, found.width, found.height) == ("a fox", "text", 640, 384)
    assert [(use.name, use.strength) for use in found.models] == [("base.safetensors", None), ("a.safetensors", 0.5)]


def test_a_prompt_is_put_together_from_string_nodes() -> None:
    graph = text_to_image()
    graph["6"] = node("CLIPTextEncode", text=["60", 0], clip=["4", 1])
    graph["60"] = node("StringConcatenate", string_a=["61", 0], string_b=["62", 0], delimiter=", ")
    graph["61"] = node("PrimitiveString", value="a bottle")
    graph["62"] = node("StringReplace", string="on WHAT", find="WHAT", replace="marble")

    assert facts.read(graph).prompt == "a bottle, on marble"


def test_both_prompts_of_an_sdxl_encoder_count_once_when_they_are_the_same() -> None:
    graph = text_to_image()
    graph["6"] = node("CLIPTextEncodeSDXL", text_g="a tower", text_l="a tower", width=1024, height=1024, clip=["4", 1])

    assert facts.read(graph).prompt == "a tower"


@pytest.mark.parametrize(
    "negative",
    [
        pytest.param({"7": node("ConditioningZeroOut", conditioning=["6", 0])}, id="zeroed out"),
        pytest.param({"7": node("Reroute", **{"": ["6", 0]})}, id="wired to the same text"),
    ],
)
def test_a_negative_that_is_none_is_not_made_of_the_positive(negative: Graph) -> None:
    assert facts.read(text_to_image() | negative).negative == ""


def test_one_node_may_hold_both_prompts_and_send_them_through_one_wire() -> None:
    graph: Graph = {
        "1": node("WanVideoTextEncode", positive_prompt="waves", negative_prompt="still", t5=["2", 0]),
        "2": node("LoadWanVideoT5TextEncoder", model_name="umt5.safetensors"),
        "3": node("WanVideoSampler", model=["5", 0], text_embeds=["1", 0], steps=30, cfg=6.0, seed=3, scheduler="unipc"),
        "5": node("WanVideoModelLoader", model="wan2_1.safetensors"),
        "4": node("VHS_VideoCombine", images=["6", 0], filename_prefix="wan"),
        "6": node("WanVideoDecode", samples=["3", 0]),
    }

    found = facts.read(graph)

    assert (found.prompt, found.negative, found.scheduler) == ("waves", "still", "unipc")
    assert found.techniques == ("video",)


def test_reroutes_primitives_and_subgraph_ids_are_followed() -> None:
    graph = text_to_image(seed=["57:3", 0], latent_image=["57:9:1", 0], steps=["58", 0])
    graph["57:3"] = node("PrimitiveInt", value=1234)
    graph["57:9:1"] = node("Reroute", **{"": ["5", 0]})
    graph["58"] = node("Reroute", **{"": ["59", 0]})
    graph["59"] = node("Int", Number="33")

    found = facts.read(graph)

    assert (found.seed, found.steps, found.width) == ("1234", 33, 512)


def test_a_switch_lets_only_its_chosen_branch_count() -> None:
    graph = text_to_image(model=["80", 0])
    graph["80"] = node("ComfySwitchNode", switch=["81", 0], on_true=["4", 0], on_false=["82", 0])
    graph["81"] = node("PrimitiveBoolean", value=True)
    graph["82"] = node("CheckpointLoaderSimple", ckpt_name="unused.safetensors")

    assert [use.name for use in facts.read(graph).models] == ["base.safetensors"]


@pytest.mark.parametrize(
    ("model", "guide"),
    [
        ("control_v11f1p_sd15_depth.pth", "depth"),
        ("sai_xl_canny_256lora.safetensors", "canny"),
        ("thibaud_xl_openpose.safetensors", "pose"),
        ("control_v11p_sd15_lineart.pth", "lineart"),
        ("control_v11p_sd15_normalbae.pth", "normal"),
        ("control_v11p_sd15_seg.pth", "seg"),
        ("control_v11f1e_sd15_tile.pth", "tile"),
        ("control-lora-depth-rank128.safetensors", "depth"),
    ],
)
def test_a_control_model_names_the_technique(model: str, guide: str) -> None:
    found = facts.read(with_control(text_to_image(), model))

    assert found.techniques == (guide, "controlnet")
    assert (found.prompt, found.negative) == ("a lighthouse at dusk", "blurry")
    assert found.pictures_in == ("guide.png",)
    assert found.models[-1].strength == 0.7


def test_a_union_control_model_is_told_by_its_type_then_by_the_preprocessor() -> None:
    graph = with_control(text_to_image(), "union_promax.safetensors")
    graph["33"] = node("DepthAnythingV2Preprocessor", image=["31", 0], ckpt_name="depth_anything_v2_vitl.pth")
    graph["32"]["inputs"]["image"] = ["33", 0]
    assert facts.read(graph).techniques == ("depth", "controlnet")

    graph["34"] = node("SetUnionControlNetType", control_net=["30", 0], type="openpose")
    graph["32"]["inputs"]["control_net"] = ["34", 0]
    assert facts.read(graph).techniques == ("pose", "controlnet")


def test_a_control_picture_of_no_weight_is_no_technique() -> None:
    assert facts.read(with_control(text_to_image(), "control_depth.pth", strength=0.0)).techniques == ()


def test_starting_from_a_picture_is_img2img_unless_all_of_it_is_repainted() -> None:
    assert facts.read(image_to_image(0.6)).techniques == ("img2img",)
    assert facts.read(image_to_image(0.6)).pictures_in == ("slate/A-7Q0D.png",)
    assert facts.read(image_to_image(1.0)).techniques == ()


def test_inpainting_outpainting_and_upscaling_are_told_by_their_nodes() -> None:
    inpaint = image_to_image(1.0)
    inpaint["5"] = node("VAEEncodeForInpaint", pixels=["40", 0], mask=["40", 1], vae=["4", 2], grow_mask_by=6)
    outpaint = inpaint | {
        "41": node("ImagePadForOutpaint", image=["40", 0], left=64),
        "5": node("VAEEncodeForInpaint", pixels=["41", 0]),
    }
    upscale: Graph = {
        "1": node("LoadImage", image="small.png"),
        "2": node("UpscaleModelLoader", model_name="4x-UltraSharp.pth"),
        "3": node("ImageUpscaleWithModel", upscale_model=["2", 0], image=["1", 0]),
        "4": node("SaveImage", images=["3", 0], filename_prefix="up"),
    }

    assert facts.read(inpaint).techniques == ("inpaint",)
    assert facts.read(outpaint).techniques == ("inpaint", "outpaint")
    assert facts.read(upscale).techniques == ("upscale",)
    assert facts.read(upscale).models == (ModelUse("upscaler", "upscale_models", "4x-UltraSharp.pth"),)


def test_ip_adapter_and_face_nodes_are_techniques() -> None:
    graph = text_to_image(model=["90", 0])
    graph["90"] = node("IPAdapterAdvanced", model=["4", 0], ipadapter=["91", 0], image=["92", 0], weight=0.8)
    graph["91"] = node("IPAdapterModelLoader", ipadapter_file="ip-adapter_sd15.safetensors")
    graph["92"] = node("LoadImage", image="style.png")
    graph["93"] = node("FaceDetailer", image=["8", 0], seed=1, steps=5, cfg=4, positive=["6", 0], negative=["7", 0], denoise=0.4)
    graph["9"] = node("SaveImage", images=["93", 0], filename_prefix="Slate")

    found = facts.read(graph)

    assert found.techniques == ("ip-adapter", "face")
    assert found.seed == "42"


def test_unknown_nodes_are_read_by_the_shape_of_their_inputs() -> None:
    graph: Graph = {
        "1": node("MyStudioLoader", checkpoint="house/look_v3.safetensors"),
        "2": node("MyStudioPrompt", prompt="a brass lamp", conditioner=["1", 1]),
        "3": node("MyStudioPaint", model=["1", 0], positive_conditioning=["2", 0], seed=77, steps=11, latent=["4", 0]),
        "4": node("MyStudioCanvas", width=800, height=600),
        "5": node("MyStudioSave", picture=["3", 0]),
    }

    found = facts.read(graph)

    assert (found.prompt, found.seed, found.steps, found.width) == ("a brass lamp", "77", 11, 800)
    assert found.models == (ModelUse("checkpoint", "checkpoints", "house/look_v3.safetensors"),)


def test_of_several_outputs_the_file_name_or_the_node_tells_which() -> None:
    graph = text_to_image()
    graph["103"] = node("KSampler", **(graph["3"]["inputs"] | {"seed": 1000}))
    graph["108"] = node("VAEDecode", samples=["103", 0], vae=["4", 2])
    graph["109"] = node("SaveImage", images=["108", 0], filename_prefix="night/Second")

    assert facts.read(graph, node="109").seed == "1000"
    assert facts.output_named(graph, "Second_00001_.png") == "109"
    assert facts.output_named(graph, "other.png") == ""


def test_a_service_node_without_a_sampler_still_tells_prompt_and_seed() -> None:
    graph: Graph = {
        "1": node("RecraftTextToImageNode", prompt="a poster", negative_prompt="people", seed=4, size="1024x1024"),
        "2": node("SaveImage", images=["1", 0], filename_prefix="api"),
    }

    found = facts.read(graph)

    assert (found.prompt, found.negative, found.seed) == ("a poster", "people", "4")


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param({"2": node("GeminiImage2Node", prompt="make it night", seed=1, images=["1", 0])}, id="a service"),
        pytest.param(
            text_to_image()
            | {"2": node("VAEDecode", samples=["3", 0]), "6": node("TextEncodeQwenImageEdit", prompt="night", image=["1", 0])},
            id="an encoder that is shown a picture",
        ),
        pytest.param(
            flux()
            | {
                "2": node("VAEDecode", samples=["13", 0]),
                "26": node("ReferenceLatent", conditioning=["6", 0], latent=["28", 0]),
                "28": node("VAEEncode", pixels=["1", 0]),
            },
            id="a reference latent",
        ),
    ],
)
def test_changing_a_picture_by_words_is_img2img(edit: Graph) -> None:
    graph = edit | {"1": node("LoadImage", image="day.png"), "9": node("SaveImage", images=["2", 0], filename_prefix="x")}

    assert facts.read(graph).techniques == ("img2img",)


def test_a_model_made_for_one_guide_names_it() -> None:
    graph = flux() | {"12": node("UNETLoader", unet_name="flux1-depth-dev.safetensors")}

    assert facts.read(graph).techniques == ("depth",)


def test_sigmas_written_by_hand_are_counted() -> None:
    graph = flux() | {"17": node("ManualSigmas", sigmas="1.0, 0.75, 0.5, 0.25, 0")}

    assert facts.read(graph).steps == 4


def test_model_kinds_are_told_by_the_loader_before_the_input() -> None:
    graph = text_to_image(model=["90", 0])
    graph["90"] = node("IPAdapter", model=["4", 0], clip_vision=["91", 0])
    graph["91"] = node("CLIPVisionLoader", clip_name="vit_h.safetensors")

    assert facts.read(graph).models[-1] == ModelUse("clip vision", "clip_vision", "vit_h.safetensors")


def test_facts_survive_json_with_the_largest_seed() -> None:
    found = facts.read(flux())

    assert Facts.of(json.loads(json.dumps(found.as_dict()))) == found


def test_a_pass_without_words_that_only_estimates_depth_is_not_the_one_that_made_the_picture() -> None:
    graph = with_control(text_to_image(), "depth.pth")
    estimated = node("SamplerCustomAdvanced", guider=["g", 0], sigmas=["s", 0], latent_image=["e", 0], noise=["n", 0])
    graph |= {"d": estimated, "g": node("BasicGuider", conditioning=["c", 0]), "c": node("LotusConditioning")}
    graph |= {"s": node("BasicScheduler", steps=1, scheduler="simple", denoise=1.0), "n": node("DisableNoise")}
    graph |= {"e": node("VAEEncode", pixels=["20", 0]), "20": node("LoadImage", image="room.png")}
    graph["5"] = node("VAEEncode", pixels=["dd", 0])
    graph["dd"] = node("VAEDecode", samples=["d", 0])

    found = facts.read(graph)

    assert (found.seed, found.steps, found.cfg) == ("42", 20, 7.0)
    assert [one.node for one in found.passes] == ["d", "3"]


def test_settings_may_stand_in_a_table_and_a_line_of_several_is_nobodys_prompt() -> None:
    graph = text_to_image(steps=["n", 0])
    graph |= {"n": node("ComfyNumberConvert", value=["j", 0]), "pick": node("CustomCombo", choice="Fast")}
    graph["j"] = node("JsonExtractString", json_string='{"Fast": 8, "Good": 40}', key=["pick", 0])
    graph["6"] = node("CLIPTextEncode", text=["t", 0], clip=["4", 1])
    graph["t"] = node("StringConcatenate", string_a=["line", 0], string_b="make it night", delimiter="")
    graph["line"] = node("RegexExtract", string="Draw.\nFilm.\nEdit.", regex_pattern=["pick", 0], group_index=1)

    found = facts.read(graph)

    assert (found.steps, found.prompt) == (8, "make it night")


def test_sound_that_is_made_or_drives_a_film_is_audio_and_its_mask_is_no_inpainting() -> None:
    film = text_to_image() | {"9": node("SaveVideo", video=["v", 0], filename_prefix="film")}
    film["v"] = node("CreateVideo", images=["8", 0], audio=["a", 0])
    film["a"] = node("LTXVAudioVAEDecode", samples=["m", 0])
    film["m"] = node("SetLatentNoiseMask", samples=["e", 0], mask=["0", 0])
    film |= {"e": node("LTXVAudioVAEEncode", audio=["l", 0]), "l": node("LoadAudio", audio="voice.mp3"), "0": node("SolidMask")}

    assert facts.read(film).techniques == ("video", "audio")
    served = {
        "1": node("FilmApi", prompt="a kite", generate_audio=True),
        "2": node("SaveVideo", video=["1", 0], filename_prefix="f"),
    }
    assert facts.read(served).techniques == ("video", "audio")


def test_a_model_for_films_that_makes_one_still_from_another_edits_it() -> None:
    graph = text_to_image() | {"20": node("LoadImage", image="woman.png")}
    graph["5"] = node("FilmImageToVideo", positive=["6", 0], negative=["7", 0], vae=["4", 2], start_image=["20", 0], length=1)
    graph["3"]["inputs"] |= {"positive": ["5", 0], "negative": ["5", 1], "latent_image": ["5", 2]}

    assert facts.read(graph).techniques == ("img2img",)
    graph["5"]["inputs"]["length"] = 81
    assert facts.read(graph).techniques == ("video",)


def test_the_quality_of_a_texture_is_no_prompt_and_a_models_seed_is_a_seed() -> None:
    graph = {"1": node("PicturesToModel", image=["2", 0], model_seed=42, texture_seed=7, texture_quality="standard")}
    graph |= {"2": node("LoadImage", image="castle.png"), "3": node("SaveGLB", mesh=["1", 0], filename_prefix="castle")}

    found = facts.read(graph)

    assert (found.prompt, found.seed, found.techniques) == ("", "42", ("3d",))
