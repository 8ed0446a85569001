Jx-SÁŽÜUÁZsÛBÂ>òAd*	B´ä	BGÓ×Àc„—ÁŠu£BŸc”A7öÍArG?l®«À[ŠˆÂÀX—By_ÝAð#BNªBVÀ¸…ª¾
ÅsBäÜIAòìA8qŒAX(ÁAIÂÇšêA	¾uAÛL}AŠqžÀ